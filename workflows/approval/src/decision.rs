//! A decision as it is signed, sent, checked and kept.

use serde::{Deserialize, Serialize};
use vextrus_domain::canonical::{self, CanonicalError};
use vextrus_domain::signature::{AcceptedKeys, KeyPair, Signature};
use vextrus_domain::{DocumentKey, PersonId, Refusal, RefusalCode, RequestId, TaskId};

/// The answer that takes a document back; it names no task.
pub const WITHDRAW: &str = "withdraw";
/// The answer that decides nothing and asks the submitter something; the comment is the question.
pub const REQUEST_INFO: &str = "request_info";
/// The longest comment, in bytes.
pub const MAX_COMMENT: usize = 2000;

/// What somebody decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The document and its submission.
    #[serde(flatten)]
    pub key: DocumentKey,
    /// The task decided; none for a withdrawal.
    pub task: Option<TaskId>,
    /// The hash of the plan that holds the task; none for a withdrawal.
    pub plan_hash: Option<String>,
    /// The answer: `approve`, `reject`, `withdraw`, or one that an exception task allows.
    pub answer: String,
    /// Who acts.
    pub actor: PersonId,
    /// In whose name; the actor, where nobody is represented.
    pub principal: PersonId,
    /// The caller's id of this request.
    pub request_id: RequestId,
    /// The comment or reason given.
    #[serde(default)]
    pub comment: String,
}

/// A decision with the facade's signature, or without one where the namespace is trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedDecision {
    /// What was decided.
    pub decision: Decision,
    /// The signature over its canonical text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
}

impl Decision {
    /// Signs the decision.
    ///
    /// # Errors
    /// [`CanonicalError`] when it cannot be written.
    pub fn sign(self, key: &KeyPair) -> Result<SignedDecision, CanonicalError> {
        let signature = Some(key.sign(&canonical::to_text(&self)?));
        Ok(SignedDecision { decision: self, signature })
    }
}

impl SignedDecision {
    /// Whether the signature stands. `Ok(true)`: signed; `Ok(false)`: unsigned, and `trust_unsigned` allows that.
    ///
    /// # Errors
    /// `SIGNATURE_MISSING` or `SIGNATURE_INVALID`.
    pub fn verify(&self, keys: &AcceptedKeys, trust_unsigned: bool) -> Result<bool, Refusal> {
        let Some(signature) = &self.signature else {
            return if trust_unsigned { Ok(false) } else { Err(missing_signature()) };
        };
        let invalid = |why: String| Refusal::new(RefusalCode::SignatureInvalid, why);
        let text = canonical::to_text(&self.decision).map_err(|e| invalid(e.to_string()))?;
        keys.verify(&text, signature).map(|()| true).map_err(|e| invalid(e.to_string()))
    }
}

pub(crate) fn missing_signature() -> Refusal {
    Refusal::new(RefusalCode::SignatureMissing, "the decision is unsigned; send it through the facade, which signs it")
}
