//! Makes every changed copy of workflow code, so that the tests can replay the corpus with it.

use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), String> {
    let mutants = vextrus_tests_mutants::write(&[])?;
    let (mut modules, mut list) = (String::new(), String::new());
    for mutant in &mutants {
        let (name, caught) = (&mutant.name, &mutant.caught);
        modules.push_str(&format!("include!(concat!(env!(\"OUT_DIR\"), \"/mutants/{name}.rs\"));\n"));
        for workflow in mutant.workflows()? {
            let short = workflow.rsplit("::").next().unwrap_or_default();
            list.push_str(&format!("    mutant!({name:?}, {short:?}, {caught:?}, {name}::{workflow}),\n"));
        }
    }
    let all = format!("{modules}\npub fn all() -> Vec<super::Mutant> {{\n    vec![\n{list}    ]\n}}\n");
    let path = Path::new(&env::var("OUT_DIR").map_err(|e| format!("OUT_DIR: {e}"))?).join("mutants/all.rs");
    fs::write(&path, all).map_err(|e| format!("{}: {e}", path.display()))
}
