//! Profiles: an address, a tenant and a token under a name, in one file.
//!
//! ```toml
//! [office]
//! address = "http://workflows.example:7300"
//! tenant = "acme-bd"
//! token_file = "/home/rahim/.vextrus.jwt"
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::client::Certificates;
use crate::exit::Usage;

/// What stands under a name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profile {
    /// The facade.
    pub(crate) address: Option<String>,
    /// The tenant.
    pub(crate) tenant: Option<String>,
    /// The file with the token. A token itself never stands here.
    pub(crate) token_file: Option<PathBuf>,
    ca_file: Option<PathBuf>,
    client_certificate_file: Option<PathBuf>,
    client_key_file: Option<PathBuf>,
}

impl Profile {
    /// Certificates for a facade under TLS.
    pub(crate) fn certificates(&self) -> Certificates {
        Certificates {
            ca_file: self.ca_file.clone(),
            client_certificate_file: self.client_certificate_file.clone(),
            client_key_file: self.client_key_file.clone(),
        }
    }
}

/// The profile of this name; nothing where none is named.
///
/// # Errors
/// A file that cannot be read, or a name that is not in it.
pub(crate) fn named(name: Option<&str>) -> anyhow::Result<Profile> {
    match name {
        None => Ok(Profile::default()),
        Some(name) => in_file(&file()?, name),
    }
}

/// `VEXTRUS_PROFILES`, or `vextrus/profiles.toml` in the user's configuration folder.
fn file() -> anyhow::Result<PathBuf> {
    let said = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let in_config = said("XDG_CONFIG_HOME").or_else(|| said("HOME").map(|home| home.join(".config")));
    said("VEXTRUS_PROFILES").or_else(|| in_config.map(|folder| folder.join("vextrus/profiles.toml"))).ok_or_else(|| {
        Usage("there is no home folder to find profiles in; name their file with VEXTRUS_PROFILES".to_owned()).into()
    })
}

fn in_file(path: &Path, name: &str) -> anyhow::Result<Profile> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|e| Usage(format!("profiles {shown} cannot be read: {e}")))?;
    // The message alone: with it comes the line, and somebody may have written a token there.
    let bad = |e: toml::de::Error| Usage(format!("profiles {shown} cannot be read: {}", e.message()));
    let mut all: BTreeMap<String, Profile> = toml::from_str(&text).map_err(bad)?;
    all.remove(name).ok_or_else(|| {
        let known: Vec<String> = all.into_keys().collect();
        Usage(format!("{shown} has no profile {name:?}; it has {}", known.join(", "))).into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_found_by_its_name_and_what_is_wrong_is_said() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let said = |text: &str, name: &str| {
            std::fs::write(file.path(), text).unwrap();
            in_file(file.path(), name).map_err(|error| error.to_string())
        };
        let two = "[office]\naddress = \"https://a\"\ntoken_file = \"t\"\n[home]\n";
        let office = said(two, "office").unwrap();
        assert_eq!((office.address.as_deref(), office.token_file), (Some("https://a"), Some(PathBuf::from("t"))));
        assert!(said(two, "ofice").unwrap_err().ends_with("has no profile \"ofice\"; it has home, office"));
        let secure = said("[office]\nca_file = \"/etc/ca.pem\"\n", "office").unwrap().certificates();
        assert_eq!(secure, Certificates { ca_file: Some(PathBuf::from("/etc/ca.pem")), ..Certificates::default() });
        let wrong = said("[office]\ntoken = \"secret\"\n", "office").unwrap_err();
        assert!(wrong.contains("unknown field `token`") && !wrong.contains("secret"), "{wrong}");
        assert!(
            in_file(Path::new("/nowhere/profiles.toml"), "office").unwrap_err().to_string().contains("cannot be read")
        );
    }
}
