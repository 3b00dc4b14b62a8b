use super::{CENTROIDS, Digest, EXACT};

/// Values in an order that looks like none, so that each of 0 to 99,999 comes once.
fn shuffled() -> impl Iterator<Item = f64> {
    (0..100_000u64).map(|place| (place * 7919 % 100_000) as f64)
}

#[test]
fn many_values_keep_their_places() {
    let mut digests = [Digest::default(), Digest::default(), Digest::default()];
    for (place, value) in shuffled().enumerate() {
        digests[place % 3].push(value);
    }
    let [mut digest, second, third] = digests;
    digest.merge(second);
    digest.merge(third);
    let shares = [0.0, 0.0001, 0.01, 0.25, 0.5, 0.75, 0.99, 0.9999, 1.0];
    for (share, found) in shares.iter().zip(digest.quantiles(&shares)) {
        // The error is least at both ends.
        let near = 100_000.0 * (0.0002 + 0.002 * share * (1.0 - share));
        assert!((found - share * 100_000.0).abs() < near, "{share}: {found}");
    }
    for value in [0.0, 10.0, 50_000.0, 99_990.0] {
        let rank = digest.ranks(&[value])[0];
        assert!((rank - value / 100_000.0).abs() < 0.001, "{value}: {rank}");
    }
    assert!(digest.centroids.len() < CENTROIDS as usize + 8, "{}", digest.centroids.len());
}

#[test]
fn few_values_are_kept() {
    let mut digest = Digest::default();
    for value in shuffled().take(EXACT - 1) {
        digest.push(value);
    }
    let mut values: Vec<f64> = shuffled().take(EXACT - 1).collect();
    values.sort_by(f64::total_cmp);
    let middle = digest.quantiles(&[0.5])[0];
    assert_eq!(middle, values[EXACT / 2 - 1]);
    assert_eq!(digest.ranks(&[-1.0, 1e9]), [0.0, 1.0]);
}

#[test]
fn equal_values_stay_equal() {
    let mut digest = Digest::default();
    (0..20_000).for_each(|_| digest.push(0.1));
    assert_eq!(digest.quantiles(&[0.0, 0.3, 1.0]), [0.1, 0.1, 0.1]);
}
