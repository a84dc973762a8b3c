//! Places for files that the ledger's database does not hold: a folder, or a bucket of an object store, named by one address.

mod http;

use std::sync::Arc;

use object_store::ObjectStore;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, Checksum, S3ConditionalPut};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use url::Url;

use crate::http::Connector;

/// A place for files.
#[derive(Debug, Clone)]
pub struct Place {
    name: String,
    store: Arc<dyn ObjectStore>,
    prefix: Path,
}

/// Why a place cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// The address names no place.
    #[error("{0:?} is no place for files: use file:///FOLDER or s3://BUCKET/PREFIX")]
    Address(String),
    /// The folder cannot be made, or the store not be set up.
    #[error("the place for files {place} cannot be used: {why}")]
    Unusable {
        /// The place.
        place: String,
        /// Why.
        why: String,
    },
}

impl Place {
    /// The place that an address names; none for an empty one. `AWS_…` of the environment configure an object store.
    ///
    /// # Errors
    /// [`PlaceError`].
    pub fn configured(address: &str) -> Result<Option<Self>, PlaceError> {
        if address.is_empty() { Ok(None) } else { Self::at(address).map(Some) }
    }

    /// The place that an address names.
    ///
    /// # Errors
    /// [`PlaceError`].
    pub fn at(address: &str) -> Result<Self, PlaceError> {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self::with(address, std::env::vars_os().filter_map(text))
    }

    /// The same in an environment of the caller's.
    ///
    /// # Errors
    /// [`PlaceError`].
    pub fn with(address: &str, env: impl IntoIterator<Item = (String, String)>) -> Result<Self, PlaceError> {
        let bad = || PlaceError::Address(address.to_owned());
        let url = Url::parse(address).map_err(|_| bad())?;
        let unusable = |why: String| PlaceError::Unusable { place: address.to_owned(), why };
        let (store, prefix): (Arc<dyn ObjectStore>, Path) = match url.scheme() {
            "file" => {
                let folder = url.to_file_path().map_err(|()| bad())?;
                std::fs::create_dir_all(&folder).map_err(|e| unusable(e.to_string()))?;
                let store = LocalFileSystem::new_with_prefix(folder).map_err(|e| unusable(e.to_string()))?;
                (Arc::new(store.with_fsync(true)), Path::default())
            }
            "s3" => {
                let bucket = url.host_str().ok_or_else(bad)?;
                let prefix = Path::parse(url.path().trim_matches('/')).map_err(|_| bad())?;
                let named = env.into_iter().filter_map(|(name, value)| {
                    let name = name.starts_with("AWS_").then(|| name.to_ascii_lowercase())?;
                    Some((name.parse::<AmazonS3ConfigKey>().ok()?, value))
                });
                // A bucket with object lock takes only what comes with a checksum.
                let store = named
                    .fold(AmazonS3Builder::new(), |builder, (key, value)| builder.with_config(key, value))
                    .with_bucket_name(bucket)
                    .with_checksum_algorithm(Checksum::SHA256)
                    .with_conditional_put(S3ConditionalPut::ETagMatch)
                    .with_http_connector(Connector)
                    .build()
                    .map_err(|e| unusable(e.to_string()))?;
                (Arc::new(store), prefix)
            }
            _ => return Err(bad()),
        };
        Ok(Self { name: address.trim_end_matches('/').to_owned(), store, prefix })
    }

    /// Its address.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The store that holds it.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.store
    }

    /// A folder within it.
    #[must_use]
    pub fn folder(&self, name: &str) -> Path {
        self.prefix.clone().join(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_folder_or_a_bucket_and_nothing_else() {
        assert!(Place::configured("").unwrap().is_none());
        let folder = tempfile::tempdir().unwrap();
        let address = format!("file://{}/a/b/", folder.path().display());
        let place = Place::at(&address).unwrap();
        assert_eq!(place.name(), address.trim_end_matches('/'));
        assert!(folder.path().join("a/b").is_dir());
        assert_eq!(place.folder("acme").to_string(), "acme");
        let env = [("AWS_REGION".to_owned(), "x".to_owned()), ("HOME".to_owned(), "/".to_owned())];
        assert_eq!(Place::with("s3://bucket/pre/fix", env).unwrap().folder("acme").to_string(), "pre/fix/acme");
        for bad in ["folder", "http://x", "s3:///x"] {
            let error = Place::at(bad).unwrap_err().to_string();
            assert!(error.contains(bad), "{error}");
        }
    }
}
