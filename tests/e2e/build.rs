//! Makes the changed copies of workflow code that another build of the fleet has.

fn main() -> Result<(), String> {
    vextrus_tests_mutants::write(&["another_record_at_the_end", "no_timer_of_processes"]).map(drop)
}
