//! The trace of a command, from here through facade, workflow and steps, where the configuration says where traces are sent.

use clap::ArgMatches;
use opentelemetry::Context;
use opentelemetry::trace::{FutureExt as _, SpanKind, TraceContextExt as _};
use tonic::metadata::{MetadataKey, MetadataMap, MetadataValue};
use vextrus_platform::telemetry::{self, trace};
use vextrus_platform::{Config, Telemetry};

/// The words of a command, such as `vextrus invoice submit`, without what was said in options.
#[must_use]
pub fn words(matches: &ArgMatches) -> String {
    let mut words = "vextrus".to_owned();
    let mut at = matches;
    while let Some((name, below)) = at.subcommand() {
        words.push(' ');
        words.push_str(name);
        at = below;
    }
    words
}

/// What sends the spans; none where nothing is configured. A configuration that cannot be read is told by the commands that need it.
fn start() -> Option<Telemetry> {
    let file = std::env::var_os("VEXTRUS_CONFIG").map(std::path::PathBuf::from);
    let config = Config::load(file.as_deref()).ok()?;
    match telemetry::traces_only("vextrus", &config) {
        Ok(telemetry) => telemetry,
        Err(error) => {
            eprintln!("warning: {error}");
            None
        }
    }
}

/// Runs a command as one span.
pub(crate) async fn run(command: &str, running: impl Future<Output = u8>) -> u8 {
    let Some(telemetry) = start() else { return running.await };
    let context = trace::span(command.to_owned(), SpanKind::Internal, Vec::new(), &Context::new());
    let code = running.with_context(context.clone()).await;
    if code != 0 {
        context.span().set_status(opentelemetry::trace::Status::error(format!("exit code {code}")));
    }
    context.span().end();
    telemetry.stop().await;
    code
}

/// Passes the trace on to whoever is called.
pub(crate) fn pass_on(metadata: &mut MetadataMap) {
    for (name, value) in trace::sent(&Context::current()) {
        let pair = (MetadataKey::from_bytes(name.as_bytes()), MetadataValue::try_from(value));
        if let (Ok(name), Ok(value)) = pair {
            metadata.insert(name, value);
        }
    }
}
