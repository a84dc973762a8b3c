//! The database's password is changed as docs/secrets.md has it: two roles take turns, and what runs goes on.

use std::fs;
use std::time::{Duration, Instant};

use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use vextrus_ledger::Ledger;
use vextrus_tests_support::company::{ACME, GLOBEX};
use vextrus_tests_support::postgres::{OWNER, Server};
use vextrus_tests_support::raw::Raw;

use crate::replica::import;

const DATABASE: &str = "company";
const WITHIN: Duration = Duration::from_secs(30);

/// Has the server ask these roles for their passwords.
async fn ask_for_passwords(admin: &mut Raw, unasked: &str) {
    let file = admin.texts("SHOW hba_file").await.remove(0);
    let lines = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("local all vextrus_a,vextrus_b scram-sha-256\n{lines}")).unwrap();
    admin.texts("SELECT pg_reload_conf()::text").await;
    let deadline = Instant::now() + WITHIN;
    while PgConnection::connect(unasked).await.is_ok() {
        assert!(Instant::now() < deadline, "the server asks for no password");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_roles_take_turns() {
    let server = Server::durable().await;
    server.create(DATABASE).await;
    let address = |login: &str| server.owners(DATABASE).replacen(&format!("{OWNER}@"), &format!("{login}@"), 1);
    let mut admin = Raw::open(&server.address(DATABASE)).await;
    for role in ["vextrus_a", "vextrus_b"] {
        admin.exec(&format!("CREATE ROLE {role} LOGIN IN ROLE {OWNER}")).await.unwrap();
        admin.exec(&format!("ALTER ROLE {role} SET role = '{OWNER}'")).await.unwrap();
    }
    admin.exec("ALTER ROLE vextrus_a PASSWORD 'first'").await.unwrap();
    ask_for_passwords(&mut admin, &address("vextrus_a")).await;

    // What such a login makes belongs to the role that nobody logs in as.
    let first = Ledger::open(&address("vextrus_a:first")).await.unwrap();
    import(&first, ACME).await;
    admin.exec(&format!("ALTER ROLE {OWNER} NOLOGIN")).await.unwrap();
    let owners = admin.texts("SELECT DISTINCT tableowner::text FROM pg_tables WHERE schemaname = 'public'").await;
    assert_eq!(owners, [OWNER]);

    admin.exec("ALTER ROLE vextrus_b PASSWORD 'second'").await.unwrap();
    let refused = Ledger::open(&address("vextrus_b:first")).await.unwrap_err().to_string();
    assert!(refused.contains("password authentication failed") && !refused.contains("first"), "{refused}");
    let second = Ledger::open(&address("vextrus_b:second")).await.unwrap();
    import(&first, GLOBEX).await;
    import(&second, GLOBEX).await;
    admin.exec("ALTER ROLE vextrus_a NOLOGIN").await.unwrap();
    // A process that is told to end still finishes what it has begun.
    import(&first, ACME).await;
    import(&second, ACME).await;
    let refused = Ledger::open(&address("vextrus_a:first")).await.unwrap_err().to_string();
    assert!(refused.contains("not permitted to log in"), "{refused}");

    let mut session = PgConnection::connect(&address("vextrus_b:second")).await.unwrap();
    let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM people").fetch_one(&mut session).await.unwrap();
    assert_eq!(seen, 0, "row security holds for it as for the owner");
}
