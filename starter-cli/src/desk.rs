//! `vextrus inbox --each`: goes through what waits, and asks of each task what is to be done.

use std::io::{BufRead, Write};

use serde_json::{Value, json};
use tonic::{Code, Status};
use vextrus_proto::approval::v1::act_request::Action;
use vextrus_proto::approval::v1::{Decide, PendingTask};

use crate::client::{Client, new_request_id};
use crate::exit::Refused;
use crate::options::Global;
use crate::{output, text};

/// What somebody wants of one task.
#[derive(Debug, PartialEq, Eq)]
enum Wish {
    Decide { answer: String, comment: String },
    Leave,
    Stop,
}

/// Goes through the inbox with whoever is at the terminal. What is refused is said, and the next one asked.
pub(crate) async fn each(global: &Global, mut client: Client) -> anyhow::Result<()> {
    let tasks = client.inbox().await?;
    let (mut decided, mut refused) = (Vec::new(), 0_usize);
    let can_be_decided: Vec<&PendingTask> = tasks.iter().filter(|t| !t.allowed_answers.is_empty()).collect();
    for (place, task) in (1..).zip(&can_be_decided) {
        eprintln!("{place} of {}", can_be_decided.len());
        eprint!("{}", crate::present::shown(&text::inbox(std::slice::from_ref(*task))));
        eprintln!();
        let wish = ask(task, &mut std::io::stdin().lock(), &mut std::io::stderr())?;
        let Wish::Decide { answer, comment } = wish else {
            if wish == Wish::Stop {
                break;
            }
            continue;
        };
        let decide = Decide { answer: answer.clone(), comment };
        match client.act(task.name.clone(), Action::Decide(decide), new_request_id()).await {
            Ok(_) => decided.push((task.name.clone(), answer)),
            Err(status) if is_no(&status) => {
                eprintln!("refused: {}", status.message());
                refused += 1;
            }
            Err(status) => return Err(status.into()),
        }
    }
    let line = |(name, answer): &(String, String)| format!("{name}: {answer}");
    let told = || {
        if decided.is_empty() {
            "nothing was decided".to_owned()
        } else {
            decided.iter().map(line).collect::<Vec<_>>().join("\n")
        }
    };
    let lines: Vec<Value> = decided.iter().map(|(name, answer)| json!({"task": name, "answer": answer})).collect();
    output::list(global.output, told, lines)?;
    match refused {
        0 => Ok(()),
        refused => Err(Refused(format!("{refused} decisions were refused")).into()),
    }
}

/// Whether the facade said no, and not that it cannot answer.
fn is_no(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::InvalidArgument
            | Code::FailedPrecondition
            | Code::PermissionDenied
            | Code::NotFound
            | Code::AlreadyExists
    )
}

/// Asks until the answer is one: by its name or its number, with a comment after it; enter leaves the task, q ends.
fn ask(task: &PendingTask, from: &mut impl BufRead, to: &mut impl Write) -> std::io::Result<Wish> {
    let answers: Vec<&str> = task.allowed_answers.iter().map(|a| a.name.as_str()).collect();
    let choices: Vec<String> = (1..).zip(&answers).map(|(n, answer)| format!("{n} {answer}")).collect();
    loop {
        write!(to, "[{}, enter to leave it, q to stop; a comment may follow] ", choices.join(", "))?;
        to.flush()?;
        let mut line = String::new();
        if from.read_line(&mut line)? == 0 {
            return Ok(Wish::Stop);
        }
        let (word, comment) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        let numbered = || word.parse::<usize>().ok().and_then(|n| answers.get(n.checked_sub(1)?)).copied();
        match word {
            "" => return Ok(Wish::Leave),
            "q" => return Ok(Wish::Stop),
            word => match answers.iter().find(|answer| **answer == word).copied().or_else(numbered) {
                Some(answer) => {
                    return Ok(Wish::Decide { answer: answer.to_owned(), comment: comment.trim().to_owned() });
                }
                None => writeln!(to, "{word:?} is none of these")?,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use vextrus_proto::approval::v1::AllowedAnswer;

    use super::*;

    fn said(typed: &str) -> (Wish, String) {
        let answer = |name: &str, proceeds| AllowedAnswer { name: name.to_owned(), proceeds };
        let task = PendingTask {
            allowed_answers: vec![answer("approve", true), answer("reject", false)],
            ..Default::default()
        };
        let mut told = Vec::new();
        let wish = ask(&task, &mut typed.as_bytes(), &mut told).unwrap();
        (wish, String::from_utf8(told).unwrap())
    }

    #[test]
    fn an_answer_is_given_by_name_or_number_with_a_comment() {
        let decide =
            |answer: &str, comment: &str| Wish::Decide { answer: answer.to_owned(), comment: comment.to_owned() };
        assert_eq!(said("approve\n").0, decide("approve", ""));
        assert_eq!(said("2 the price is not ours\n").0, decide("reject", "the price is not ours"));
        assert_eq!((said("\n").0, said("q\n").0, said("").0), (Wish::Leave, Wish::Stop, Wish::Stop));
        let (wish, told) = said("perhaps\n3\n0\n1\n");
        assert_eq!(wish, decide("approve", ""));
        assert_eq!(told.matches("is none of these").count(), 3, "{told}");
        assert!(told.starts_with("[1 approve, 2 reject, enter"), "{told}");
    }
}
