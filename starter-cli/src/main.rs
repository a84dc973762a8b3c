//! `vextrus`: the command line.

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};
use vextrus_starter_cli::{Options, words};

fn main() -> ExitCode {
    let matches = Options::command().get_matches();
    let options = Options::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the runtime cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(vextrus_starter_cli::run(&words(&matches), options));
    ExitCode::from(code)
}
