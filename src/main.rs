//! The `weft` binary: hands the command line over.

use std::process::ExitCode;

use clap::Parser;
use weft::cli::{Cli, run};

fn main() -> ExitCode {
    let cli = Cli::parse();
    // One provider of cryptography for everything that speaks TLS.
    if rustls::crypto::ring::default_provider()
        .install_default()
        .is_err()
    {
        eprintln!("weft: another provider of cryptography is installed already");
        return ExitCode::FAILURE;
    }
    match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => {
            let code = runtime.block_on(run(cli));
            // What is left has been told to end, or been given up.
            runtime.shutdown_background();
            code
        }
        Err(error) => {
            eprintln!("weft: cannot start: {error}");
            ExitCode::FAILURE
        }
    }
}
