//! `vextrus completions` and `vextrus man`: what a shell and a reader of manuals need, from the commands themselves.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::options::Options;

/// For which shell.
#[derive(Debug, Args)]
pub(crate) struct CompletionsOptions {
    /// The shell.
    shell: Shell,
}

/// Where the pages go.
#[derive(Debug, Args)]
pub(crate) struct ManOptions {
    /// The folder; it is made where it is missing.
    folder: PathBuf,
}

/// Writes a shell's completions to stdout.
pub(crate) fn completions(options: &CompletionsOptions) -> anyhow::Result<()> {
    let mut text = Vec::new();
    clap_complete::generate(options.shell, &mut Options::command(), "vextrus", &mut text);
    Ok(std::io::stdout().lock().write_all(&text)?)
}

/// Writes a page for each command.
pub(crate) fn man(options: &ManOptions) -> anyhow::Result<()> {
    let folder = &options.folder;
    std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    clap_mangen::generate_to(Options::command(), folder).with_context(|| format!("{}", folder.display()))
}
