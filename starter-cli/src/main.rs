//! `vextrus`: the command line.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let options = vextrus_starter_cli::Options::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the runtime cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(vextrus_starter_cli::run(options));
    ExitCode::from(code)
}
