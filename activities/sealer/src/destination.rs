//! Where checkpoints are kept that the ledger's own database cannot reach: a folder, or a bucket of an object store.

use futures::TryStreamExt as _;
use object_store::path::Path;
use object_store::{ObjectStoreExt as _, PutMode, PutOptions};
use vextrus_domain::TenantId;
use vextrus_domain::signature::AcceptedKeys;
use vextrus_ledger::audit::checkpoint::{Bundle, BundleError};
use vextrus_ledger::audit::exports::Pending;
use vextrus_ledger::audit::verify::Witness;
use vextrus_storage::{Place, PlaceError};

/// A place for checkpoints.
#[derive(Debug, Clone)]
pub struct Destination(Place);

/// Why a place for checkpoints cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DestinationError {
    /// The place itself cannot be used.
    #[error("audit.export: {0}")]
    Place(#[from] PlaceError),
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
    /// [`DestinationError::Place`].
    pub fn configured(address: &str) -> Result<Option<Self>, DestinationError> {
        Ok(Place::configured(address)?.map(Self))
    }

    /// The place that an address names.
    ///
    /// # Errors
    /// [`DestinationError::Place`].
    pub fn at(address: &str) -> Result<Self, DestinationError> {
        Ok(Self(Place::at(address)?))
    }

    /// The place that an address names, in an environment of the caller's: `AWS_…` configure an object store.
    ///
    /// # Errors
    /// [`DestinationError::Place`].
    pub fn with(address: &str, env: impl IntoIterator<Item = (String, String)>) -> Result<Self, DestinationError> {
        Ok(Self(Place::with(address, env)?))
    }

    /// Its address.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// Keeps a checkpoint under `<tenant>/<number>.json`. What is there is never written over.
    ///
    /// # Errors
    /// [`DestinationError`].
    pub async fn put(&self, checkpoint: &Pending) -> Result<(), DestinationError> {
        let path = self.folder(&checkpoint.tenant).join(format!("{:010}.json", checkpoint.number));
        let text = serde_json::to_vec_pretty(&checkpoint.bundle).map_err(|e| self.failed(e))?;
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.0.store().put_opts(&path, text.clone().into(), options).await {
            Ok(_) => Ok(()),
            // It was written, and the process died before the ledger knew.
            Err(object_store::Error::AlreadyExists { .. }) => {
                let there = self.0.store().get(&path).await.map_err(|e| self.failed(e))?;
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
        let found: Vec<_> = self.0.store().list(Some(&folder)).try_collect().await.map_err(|e| self.failed(e))?;
        let mut witnesses = Vec::with_capacity(found.len());
        for object in found {
            let file = object.location.to_string();
            let bytes = self.0.store().get(&object.location).await.map_err(|e| self.failed(e))?;
            let bytes = bytes.bytes().await.map_err(|e| self.failed(e))?;
            let text = String::from_utf8_lossy(&bytes);
            let (checkpoint, bundle) =
                Bundle::read(&text, keys).map_err(|why| DestinationError::Bundle { file: file.clone(), why })?;
            witnesses.push(Witness { place: file, checkpoint, bundle });
        }
        Ok(witnesses)
    }

    fn folder(&self, tenant: &TenantId) -> Path {
        self.0.folder(tenant.as_str())
    }

    fn failed(&self, why: impl std::fmt::Display) -> DestinationError {
        DestinationError::Store { place: self.name().to_owned(), why: why.to_string() }
    }
}
