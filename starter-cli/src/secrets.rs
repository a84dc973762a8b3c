//! Keys and files that nobody else may read.

use std::path::Path;

use anyhow::Context as _;
use vextrus_domain::signature::KeyPair;

/// A new key.
#[must_use]
pub fn fresh_key() -> KeyPair {
    // Two random UUIDs carry 244 random bits from the operating system.
    let (a, b) = (uuid::Uuid::new_v4(), uuid::Uuid::new_v4());
    let mut seed = [0_u8; 32];
    seed[..16].copy_from_slice(a.as_bytes());
    seed[16..].copy_from_slice(b.as_bytes());
    KeyPair::from_seed(&seed)
}

/// Writes a file that only its owner can read.
///
/// # Errors
/// The file system's.
pub fn write_secret(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path).with_context(|| format!("{} cannot be written", path.display()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // A file that was there before keeps the mode that it had.
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    }
    file.write_all(text.as_bytes())?;
    Ok(())
}
