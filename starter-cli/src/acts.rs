//! What people do with documents that wait for approval; the same for every type of document.

use clap::Subcommand;
use serde_json::json;
use vextrus_domain::DocumentType;
use vextrus_proto::approval::v1 as proto;
use vextrus_proto::approval::v1::act_request::Action;

use crate::client::{Client, new_request_id, task_of, told_again};
use crate::options::Global;
use crate::{json as shown, output};

/// A command on a document.
#[derive(Debug, Subcommand)]
pub(crate) enum ActCommand {
    /// Approves your task on a document, or answers an exception so that it goes on.
    Approve {
        /// The document's id or name.
        document: String,
        /// The task; your first open one without it.
        #[arg(long)]
        task: Option<String>,
        /// Another answer that the task allows.
        #[arg(long, default_value = "approve")]
        answer: String,
        /// A comment for the trail.
        #[arg(long, default_value = "")]
        comment: String,
        /// The etag of the document as you have read it: refused if it has changed since.
        #[arg(long, default_value = "")]
        etag: String,
        /// The id of this request; the same id gives the same answer. A new one without it.
        #[arg(long)]
        request_id: Option<String>,
    },
    /// Rejects a document at your task.
    Reject {
        /// The document's id or name.
        document: String,
        /// Why, for the trail.
        #[arg(long)]
        reason: String,
        /// The task; your first open one without it.
        #[arg(long)]
        task: Option<String>,
        /// The etag of the document as you have read it: refused if it has changed since.
        #[arg(long, default_value = "")]
        etag: String,
        /// The id of this request; the same id gives the same answer. A new one without it.
        #[arg(long)]
        request_id: Option<String>,
    },
    /// Asks the submitter something. The task's clock stands still until they answer.
    Ask {
        /// The document's id or name.
        document: String,
        /// What is asked.
        #[arg(long)]
        question: String,
        /// The task; your first open one without it.
        #[arg(long)]
        task: Option<String>,
        /// The id of this request, and of the question. A new one without it.
        #[arg(long)]
        request_id: Option<String>,
    },
    /// Answers a question on a document that you submitted.
    Answer {
        /// The document's id or name.
        document: String,
        /// The question's id, as the document shows it.
        #[arg(long)]
        question: String,
        /// The answer.
        #[arg(long)]
        text: String,
        /// The id of this request; the same id gives the same answer. A new one without it.
        #[arg(long)]
        request_id: Option<String>,
    },
    /// Gives a document back to its submitter to be changed.
    Return {
        /// The document's id or name.
        document: String,
        /// What is to be changed.
        #[arg(long)]
        comment: String,
        /// The task; your first open one without it.
        #[arg(long)]
        task: Option<String>,
        /// The id of this request; the same id gives the same answer. A new one without it.
        #[arg(long)]
        request_id: Option<String>,
    },
    /// Takes back a document that you submitted.
    Withdraw {
        /// The document's id or name.
        document: String,
        /// Why, for the trail.
        #[arg(long, default_value = "")]
        reason: String,
        /// The id of this request; the same id gives the same answer. A new one without it.
        #[arg(long)]
        request_id: Option<String>,
    },
    /// Has somebody else decide one task in your name. You keep it too.
    Delegate {
        /// The document's id or name.
        document: String,
        /// To whom.
        #[arg(long)]
        to: String,
        /// Why, for the trail.
        #[arg(long, default_value = "")]
        comment: String,
        /// The task; your first open one without it.
        #[arg(long)]
        task: Option<String>,
        /// The id of this request; the same id gives the same answer. A new one without it.
        #[arg(long)]
        request_id: Option<String>,
    },
    /// Gives a task of one person to another; for administrators.
    Reassign {
        /// The document's id or name.
        document: String,
        /// The task.
        #[arg(long)]
        task: String,
        /// From whom.
        #[arg(long)]
        from: String,
        /// To whom.
        #[arg(long)]
        to: String,
        /// Why, for the trail.
        #[arg(long)]
        reason: String,
        /// The id of this request; the same id gives the same answer. A new one without it.
        #[arg(long)]
        request_id: Option<String>,
    },
    /// Says something, for everybody who reads the document.
    Comment {
        /// The document's id or name.
        document: String,
        /// What.
        #[arg(long)]
        text: String,
        /// The id of this request; the same id gives the same answer. A new one without it.
        #[arg(long)]
        request_id: Option<String>,
    },
    /// Asks the next ones of a task's escalation now.
    Escalate {
        /// The document's id or name.
        document: String,
        /// Why, for the trail.
        #[arg(long)]
        reason: String,
        /// The task; your first open one without it.
        #[arg(long)]
        task: Option<String>,
        /// The id of this request; the same id gives the same answer. A new one without it.
        #[arg(long)]
        request_id: Option<String>,
    },
    /// Resolves the policy that is active now into a new plan; for administrators.
    Replan {
        /// The document's id or name.
        document: String,
        /// Why, for the trail.
        #[arg(long)]
        reason: String,
        /// The id of this request; the same id gives the same answer. A new one without it.
        #[arg(long)]
        request_id: Option<String>,
    },
    /// Computes a document again: its taxes, its match, its budget.
    Reassess {
        /// The document's id or name.
        document: String,
        /// Why, for the trail.
        #[arg(long)]
        reason: String,
        /// The id of this request; the same id gives the same answer. A new one without it.
        #[arg(long)]
        request_id: Option<String>,
    },
}

/// The document, the task where one is named, what is asked, and the request's id.
type Parts = (String, Option<String>, Action, Option<String>);

impl ActCommand {
    /// The etag that the document must still have; empty where none was given.
    fn etag(&self) -> String {
        match self {
            Self::Approve { etag, .. } | Self::Reject { etag, .. } => etag.clone(),
            _ => String::new(),
        }
    }

    fn parts(self) -> Parts {
        match self {
            Self::Approve { document, task, answer, comment, request_id, etag: _ } => {
                (document, task, Action::Decide(proto::Decide { answer, comment }), request_id)
            }
            Self::Reject { document, reason, task, request_id, etag: _ } => {
                let decide = proto::Decide { answer: "reject".to_owned(), comment: reason };
                (document, task, Action::Decide(decide), request_id)
            }
            Self::Ask { document, question, task, request_id } => {
                (document, task, Action::RequestInformation(proto::RequestInformation { question }), request_id)
            }
            Self::Answer { document, question, text, request_id } => {
                (document, None, Action::AnswerQuestion(proto::AnswerQuestion { question, text }), request_id)
            }
            Self::Return { document, comment, task, request_id } => {
                (document, task, Action::ReturnForChanges(proto::ReturnForChanges { comment }), request_id)
            }
            Self::Withdraw { document, reason, request_id } => {
                (document, None, Action::Withdraw(proto::Withdraw { comment: reason }), request_id)
            }
            Self::Delegate { document, to, comment, task, request_id } => {
                (document, task, Action::Delegate(proto::Delegate { to, comment }), request_id)
            }
            Self::Reassign { document, task, from, to, reason, request_id } => {
                (document, Some(task), Action::Reassign(proto::Reassign { from, to, reason }), request_id)
            }
            Self::Comment { document, text, request_id } => {
                (document, None, Action::Comment(proto::Comment { text }), request_id)
            }
            Self::Escalate { document, reason, task, request_id } => {
                (document, task, Action::Escalate(proto::Escalate { reason }), request_id)
            }
            Self::Replan { document, reason, request_id } => {
                (document, None, Action::Replan(proto::Replan { reason }), request_id)
            }
            Self::Reassess { document, reason, request_id } => {
                (document, None, Action::Reassess(proto::Reassess { reason }), request_id)
            }
        }
    }
}

pub(crate) async fn run(
    global: &Global,
    mut client: Client,
    kind: DocumentType,
    command: ActCommand,
) -> anyhow::Result<()> {
    let etag = command.etag();
    let (document, task, action, request_id) = command.parts();
    let name = task_of(client.name(kind, &document), task.as_deref());
    let request_id = request_id.unwrap_or_else(new_request_id);
    let withdraws = matches!(action, Action::Withdraw(_));
    let taken = told_again(client.act_if(etag, name, action, request_id.clone()).await, &request_id)?;
    let open: Vec<&str> = taken.open_tasks.iter().map(|t| shown::last(t)).collect();
    let said = || match (withdraws, open.is_empty()) {
        (true, _) => "taken back".to_owned(),
        (false, true) => "taken; nothing is open now".to_owned(),
        (false, false) => format!("taken; next: {}", open.join(", ")),
    };
    let answer = json!({
        "document": taken.document, "open_tasks": open, "principal": taken.principal, "request_id": request_id,
    });
    output::answer(global.output, said, &answer)
}
