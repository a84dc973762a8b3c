//! Defaults, file and environment, and what is wrong with them.

use super::*;

#[test]
fn file_over_defaults_environment_over_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("vextrus.toml");
    std::fs::write(&file, "[ledger]\naddress = \"sqlite:a\"\n[facade]\nlisten = \"127.0.0.1:1\"\n").unwrap();
    let env = |name: &str| (name == "VEXTRUS_LEDGER_ADDRESS").then(|| "sqlite:b".to_owned());
    let config = Config::layered(Some(&file), env).unwrap();
    assert_eq!((config.ledger.address.as_str(), config.facade.listen.as_str()), ("sqlite:b", "127.0.0.1:1"));
    assert_eq!(config.signals.trust, SignalTrust::Signed);
}

#[test]
fn numbers_of_the_ledger_have_limits() {
    let defaults = Config::layered(None, |_| None).unwrap();
    assert_eq!(defaults.ledger, LedgerConfig::at("sqlite:.vextrus/ledger.db"));
    assert!(defaults.ledger.statement_timeout_millis < defaults.steps.timeout_millis);
    for (name, value, said) in [
        ("VEXTRUS_LEDGER_CONNECTIONS", "1", "ledger.connections = 1: it must be from 2 to 500"),
        ("VEXTRUS_LEDGER_CONNECTIONS", "501", "ledger.connections = 501: it must be from 2 to 500"),
        (
            "VEXTRUS_LEDGER_ACQUIRE_TIMEOUT_MILLIS",
            "0",
            "ledger.acquire_timeout_millis = 0: it must be from 100 to 60000",
        ),
        (
            "VEXTRUS_LEDGER_STATEMENT_TIMEOUT_MILLIS",
            "0",
            "ledger.statement_timeout_millis = 0: it must be from 100 to 600000",
        ),
    ] {
        let error = Config::layered(None, |asked| (asked == name).then(|| value.to_owned())).unwrap_err();
        assert_eq!(error.to_string(), said);
    }
}

#[test]
fn systems_have_addresses_that_are_not_shown() {
    let defaults = Config::layered(None, |_| None).unwrap();
    assert_eq!((defaults.adapters.identity.as_str(), defaults.adapters.timeout_millis), ("", 10_000));
    assert!(defaults.adapters.timeout_millis < defaults.steps.timeout_millis);
    let env = |name: &str| match name {
        "VEXTRUS_ADAPTERS_MAIL" => Some("https://hooks.example.com/mail?token=t0psecret".to_owned()),
        "VEXTRUS_ADAPTERS_SECRET_FILE" => Some("/run/secrets/hooks".to_owned()),
        _ => None,
    };
    let adapters = Config::layered(None, env).unwrap().adapters;
    assert_eq!(adapters.mail, "https://hooks.example.com/mail?token=t0psecret");
    let shown = format!("{adapters:?}");
    assert!(shown.contains("mail: \"…\"") && shown.contains("identity: \"\""), "{shown}");
    assert!(shown.contains("/run/secrets/hooks") && !shown.contains("example.com"), "{shown}");
}

#[test]
fn rounds_are_on_unless_they_are_off() {
    let with = |value: &str| {
        let value = value.to_owned();
        Config::layered(None, move |name| (name == "VEXTRUS_RECONCILE_SCHEDULE").then(|| value.clone()))
    };
    let defaults = Config::layered(None, |_| None).unwrap().reconcile;
    assert_eq!((defaults.schedule, defaults.interval_millis), (Switch::On, 300_000));
    assert!(defaults.min_age_millis < defaults.grace_millis);
    assert_eq!(with("off").unwrap().reconcile.schedule, Switch::Off);
    let error = with("sometimes").unwrap_err().to_string();
    assert!(error.contains("sometimes") && error.contains("off"), "{error}");
}

#[test]
fn what_is_wrong_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("vextrus.toml");
    std::fs::write(&file, "[facade]\nlitsen = \"x\"\n").unwrap();
    assert!(Config::layered(Some(&file), |_| None).unwrap_err().to_string().contains("litsen"));
    let env = |name: &str| (name == "VEXTRUS_STEPS_TIMEOUT_MILLIS").then(|| "soon".to_owned());
    let error = Config::layered(None, env).unwrap_err().to_string();
    assert_eq!(error, "VEXTRUS_STEPS_TIMEOUT_MILLIS=\"soon\": a whole number is expected");
    std::fs::write(&file, "[log]\n\n[codec]\nkeys = \"a=topsecret\n").unwrap();
    let broken = Config::layered(Some(&file), |_| None).unwrap_err().to_string();
    assert!(broken.contains("line 4") && !broken.contains("topsecret"), "{broken}");
    let gone = Config::layered(Some(&dir.path().join("none.toml")), |_| None).unwrap_err().to_string();
    assert!(gone.contains("none.toml"), "{gone}");
}

#[test]
fn secrets_are_read_and_not_shown() {
    let env = |name: &str| (name == "VEXTRUS_CODEC_KEYS").then(|| "a=topsecret".to_owned());
    let config = Config::layered(None, env).unwrap();
    assert_eq!(config.codec.keys.expose(), "a=topsecret");
    let (debug, toml) = (format!("{config:?}"), toml::to_string(&config).unwrap());
    assert!(!debug.contains("topsecret") && !toml.contains("topsecret"), "{debug} {toml}");
    assert!(debug.contains("keys: \"(hidden)\"") && toml.contains("keys = \"(hidden)\""), "{debug} {toml}");
    let off = Config::layered(None, |_| None).unwrap();
    assert!(off.codec.keys.expose().is_empty() && format!("{off:?}").contains("keys: \"\""));
}
