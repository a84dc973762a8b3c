//! Why the ledger could not do something. A business "no" is not an error; it is a [`Refusal`].

use vextrus_domain::{Refusal, RefusalCode};

use crate::retry;

/// Why the ledger could not do something.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The database did not answer, or answered with an error; trying again may help.
    #[error("the ledger's database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The connection broke while a commit was under way: all of it has been written, or nothing.
    #[error("it is not known whether the ledger's commit came through: {0}")]
    Unknown(#[source] sqlx::Error),
    /// A transaction of one tenant was used for another's rows.
    #[error("a transaction of one tenant was asked for another's rows")]
    OtherTenant,
    /// The database's file is damaged.
    #[error("the ledger's file is damaged: {0}; restore a backup, and see docs/database.md")]
    Damaged(String),
    /// The replica cannot be used.
    #[error("ledger.replica_address: the replica cannot be used: {0}")]
    Replica(String),
    /// The tables could not be brought to this version.
    #[error("the ledger's tables could not be migrated: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A later program has changed the tables so that this one cannot use them.
    #[error(
        "the ledger's tables are of version {theirs}, which programs that know version {from} can use, and this one knows {ours}: \
         start a later build"
    )]
    Later {
        /// The version of the tables.
        theirs: i64,
        /// What a program must know to use them.
        from: i64,
        /// What this one knows.
        ours: i64,
    },
    /// The address is neither SQLite nor PostgreSQL.
    #[error("{0:?} is not a ledger address: use sqlite:PATH or postgres://USER@HOST/NAME")]
    Address(String),
    /// The step was carried out before with another input. Trying again cannot help.
    #[error("step {step} of {document} was carried out before with another input")]
    EffectConflict {
        /// The step.
        step: String,
        /// The document.
        document: String,
    },
    /// Stored data does not fit what was written: damage, or another program's hand.
    #[error("stored {what} cannot be read: {why}")]
    Corrupt {
        /// What.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// A stored command is not signed by anybody whose word is taken.
    #[error("a stored command does not stand: {0}")]
    Unsigned(Refusal),
    /// Something else was committed while the step ran; the same step can be carried out again.
    #[error("{0} meanwhile; the same step can be carried out again")]
    Overtaken(&'static str),
    /// The rows of a report could not be handed on.
    #[error("the report could not be written: {0}")]
    Output(#[from] std::io::Error),
    /// A value cannot be written.
    #[error(transparent)]
    Canonical(#[from] vextrus_domain::canonical::CanonicalError),
}

impl LedgerError {
    /// Stored data that cannot be read.
    pub fn corrupt(what: &'static str, why: impl ToString) -> Self {
        Self::Corrupt { what, why: why.to_string() }
    }

    /// Whether the same request cannot succeed when it is sent again.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(
            self,
            Self::EffectConflict { .. }
                | Self::Corrupt { .. }
                | Self::Address(_)
                | Self::OtherTenant
                | Self::Damaged(_)
                | Self::Replica(_)
                | Self::Canonical(_)
                | Self::Unsigned(_)
        )
    }

    /// The refusal code that callers see.
    #[must_use]
    pub fn code(&self) -> RefusalCode {
        match self {
            Self::EffectConflict { .. } => RefusalCode::EffectConflict,
            Self::Unsigned(refusal) => refusal.code,
            _ if self.is_final() => RefusalCode::Internal,
            _ => RefusalCode::Unavailable,
        }
    }

    /// Whether nothing was written, and the same may come through when it is run again at once: see [`crate::retry`].
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Database(e) => retry::is_broken(e) || retry::has_given_way(e),
            Self::Overtaken(_) => true,
            _ => false,
        }
    }

    /// Whether a uniqueness constraint was hit.
    #[must_use]
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(e)) if e.is_unique_violation())
    }
}
