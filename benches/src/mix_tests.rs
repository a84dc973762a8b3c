#![cfg(test)]

use super::{Kind, Mix, ONE_LEVEL, invoice};

/// Sums that every small step has a divisor in common with are among them.
#[test]
fn each_kind_comes_in_its_share() {
    for shares in [[8, 1, 1], [5, 1, 1], [12, 1, 1], [70, 1, 6], [1000, 1000, 1000], [209, 1, 0], [7 * 8 * 9 - 2, 1, 1]]
    {
        let kinds = [Kind::OneLevel, Kind::Order, Kind::Onboarding].into_iter().zip(shares);
        let asked: Vec<(Kind, u32)> = kinds.filter(|(_, share)| *share > 0).collect();
        let text = asked.iter().map(|(kind, share)| format!("{}={share}", kind.name())).collect::<Vec<_>>().join(",");
        let mix: Mix = text.parse().unwrap();
        let all: u32 = shares.iter().sum();
        // Wherever a load begins.
        for first in [0, 13] {
            for (kind, share) in &asked {
                let came = (first..first + all).filter(|number| mix.kind(*number) == *kind).count();
                assert_eq!(came, usize::try_from(*share).unwrap(), "{} of {text}", kind.name());
            }
        }
    }
}

#[test]
fn kinds_are_spread_and_not_one_after_the_other() {
    let mix: Mix = "one-level=5,order=5".parse().unwrap();
    let orders = |numbers: std::ops::Range<u32>| numbers.filter(|number| mix.kind(*number) == Kind::Order).count();
    assert!((1..5).contains(&orders(0..5)), "{}", orders(0..5));
}

#[test]
fn lines_come_to_what_is_asked() {
    for lines in [1, 3, 100] {
        let invoice = invoice(&ONE_LEVEL, 17, lines).unwrap();
        assert_eq!(invoice.lines.len(), usize::try_from(lines).unwrap());
    }
}
