//! Histories without what differs from one recording to the next: ids that were drawn and the process that ran them.

use std::collections::HashMap;

use serde_json::Value;

/// Who is said to have run it.
const IDENTITY: &str = "recorded";

/// The ids of one history: the same for the same scenario, and those of no other.
struct Ids {
    of: u32,
    known: HashMap<String, String>,
}

impl Ids {
    fn of(&mut self, drawn: &str) -> String {
        let number = self.known.len() + 1;
        let id = || format!("{:08x}-0000-4000-8000-{number:012}", self.of);
        self.known.entry(drawn.to_ascii_lowercase()).or_insert_with(id).clone()
    }
}

/// Numbers the runs and requests of the server. What payloads say stays as it is: digests of it stand in others. `scenario` tells the
/// runs of a history from those of others.
#[must_use]
pub fn stable(mut history: Value, scenario: &str) -> Value {
    // FNV-1a.
    let of = scenario.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    walk(&mut history, "", &mut Ids { of, known: HashMap::new() });
    history
}

fn walk(value: &mut Value, name: &str, ids: &mut Ids) {
    match value {
        Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| walk(value, name, ids)),
        Value::Array(all) => all.iter_mut().for_each(|value| walk(value, name, ids)),
        Value::String(text) if name == "identity" => IDENTITY.clone_into(text),
        // The executable's own sum, where no build id was given.
        Value::String(text) if name == "binaryChecksum" || name == "buildId" => IDENTITY.clone_into(text),
        Value::String(text) if is_uuid(text) && is_of_the_server(name) => *text = ids.of(text),
        _ => {}
    }
}

/// Our own payloads are in snake case.
fn is_of_the_server(name: &str) -> bool {
    name.ends_with("RunId") || matches!(name, "runId" | "requestId")
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_id_is_the_same_wherever_it_stands() {
        let (run, document) = ("019a2148-f60b-7011-8ade-f31715031069", "019a2148-f771-7626-a6c9-31e7e78c1f97");
        let history = json!({"runId": run, "identity": "17@host", "workflowId": document, "a": [{"originalExecutionRunId": run}],
            "input": [{"document": document, "request_id": run}]});
        let stable = stable(history, "");
        let numbered = "811c9dc5-0000-4000-8000-000000000001";
        assert_eq!((&stable["runId"], &stable["a"][0]["originalExecutionRunId"]), (&json!(numbered), &json!(numbered)));
        assert_eq!((&stable["workflowId"], &stable["input"][0]["request_id"]), (&json!(document), &json!(run)));
        assert_eq!(stable["identity"], IDENTITY);
    }
}
