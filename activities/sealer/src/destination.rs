//! Where checkpoints are kept that the ledger's own database cannot reach: a folder, or a bucket of an object store.

use std::sync::Arc;

use futures::TryStreamExt as _;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, Checksum, S3ConditionalPut};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _, PutMode, PutOptions};
use url::Url;
use vextrus_domain::TenantId;
use vextrus_domain::signature::AcceptedKeys;
use vextrus_ledger::audit::checkpoint::{Bundle, BundleError};
use vextrus_ledger::audit::exports::Pending;
use vextrus_ledger::audit::verify::Witness;

use crate::http::Connector;

/// A place for checkpoints.
#[derive(Debug, Clone)]
pub struct Destination {
    name: String,
    store: Arc<dyn ObjectStore>,
    prefix: Path,
}

/// Why a place for checkpoints cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DestinationError {
    /// The address names no place.
    #[error("{0:?} is no place for checkpoints: use file:///FOLDER or s3://BUCKET/PREFIX")]
    Address(String),
    /// The store refused or did not answer.
    #[error("the place for checkpoints {place} failed: {why}")]
    Store {
        /// The place.
        place: String,
        /// Why.
        why: String,
    },
    /// Another text stands there already under this name.
    #[error("{file} is there already with another text; somebody wrote it, or the ledger was restored")]
    Different {
        /// The file.
        file: String,
    },
    /// A file there is no checkpoint of ours.
    #[error("{file}: {why}")]
    Bundle {
        /// The file.
        file: String,
        /// Why.
        why: BundleError,
    },
}

impl Destination {
    /// The place that an address names; none for an empty one.
    ///
    /// # Errors
    /// [`DestinationError::Address`] or, when a folder cannot be made or a store not be set up, [`DestinationError::Store`].
    pub fn configured(address: &str) -> Result<Option<Self>, DestinationError> {
        if address.is_empty() { Ok(None) } else { Self::at(address).map(Some) }
    }

    /// The place that an address names.
    ///
    /// # Errors
    /// As [`Self::configured`].
    pub fn at(address: &str) -> Result<Self, DestinationError> {
        Self::with(
            address,
            std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))),
        )
    }

    /// The place that an address names, in an environment of the caller's: `AWS_…` configure an object store.
    ///
    /// # Errors
    /// As [`Self::configured`].
    pub fn with(address: &str, env: impl IntoIterator<Item = (String, String)>) -> Result<Self, DestinationError> {
        let bad = || DestinationError::Address(address.to_owned());
        let url = Url::parse(address).map_err(|_| bad())?;
        let failed = |why: String| DestinationError::Store { place: address.to_owned(), why };
        let (store, prefix): (Arc<dyn ObjectStore>, Path) = match url.scheme() {
            "file" => {
                let folder = url.to_file_path().map_err(|()| bad())?;
                std::fs::create_dir_all(&folder).map_err(|e| failed(e.to_string()))?;
                let store = LocalFileSystem::new_with_prefix(folder).map_err(|e| failed(e.to_string()))?;
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
                    .map_err(|e| failed(e.to_string()))?;
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

    /// Keeps a checkpoint under `<tenant>/<number>.json`. What is there is never written over.
    ///
    /// # Errors
    /// [`DestinationError`].
    pub async fn put(&self, checkpoint: &Pending) -> Result<(), DestinationError> {
        let path = self.folder(&checkpoint.tenant).join(format!("{:010}.json", checkpoint.number));
        let text = serde_json::to_vec_pretty(&checkpoint.bundle).map_err(|e| self.failed(e))?;
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.store.put_opts(&path, text.clone().into(), options).await {
            Ok(_) => Ok(()),
            // It was written, and the process died before the ledger knew.
            Err(object_store::Error::AlreadyExists { .. }) => {
                let there = self.store.get(&path).await.map_err(|e| self.failed(e))?;
                let there = there.bytes().await.map_err(|e| self.failed(e))?;
                if there == text { Ok(()) } else { Err(DestinationError::Different { file: path.to_string() }) }
            }
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Every checkpoint of a tenant that is kept here, its signature checked.
    ///
    /// # Errors
    /// [`DestinationError`], also when one of the files is no checkpoint of this tenant.
    pub async fn witnesses(&self, tenant: &TenantId, keys: &AcceptedKeys) -> Result<Vec<Witness>, DestinationError> {
        let folder = self.folder(tenant);
        let found: Vec<_> = self.store.list(Some(&folder)).try_collect().await.map_err(|e| self.failed(e))?;
        let mut witnesses = Vec::with_capacity(found.len());
        for object in found {
            let file = object.location.to_string();
            let bytes = self.store.get(&object.location).await.map_err(|e| self.failed(e))?;
            let bytes = bytes.bytes().await.map_err(|e| self.failed(e))?;
            let text = String::from_utf8_lossy(&bytes);
            let (checkpoint, bundle) =
                Bundle::read(&text, keys).map_err(|why| DestinationError::Bundle { file: file.clone(), why })?;
            witnesses.push(Witness { place: file, checkpoint, bundle });
        }
        Ok(witnesses)
    }

    fn folder(&self, tenant: &TenantId) -> Path {
        self.prefix.clone().join(tenant.as_str())
    }

    fn failed(&self, why: impl std::fmt::Display) -> DestinationError {
        DestinationError::Store { place: self.name.clone(), why: why.to_string() }
    }
}
