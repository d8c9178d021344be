//! From a cosine to a chance. Made by `cargo xtask export-table --own 24
//! --others 3 --calibrate` on voices and rooms that no
//! table of docs/export-check.md is measured on.

/// Log odds that a piece of speech is of another voice, before anything is known of how many are:
/// `ODDS · (1, cosine to the main voice, ln of the seconds of speech, their product)`.
const ODDS: [f64; 4] = [11.82, -32.52, 7.18, -3.99];

/// Shortest speech that the formula was fitted to, seconds.
pub(crate) const LEAST_S: f64 = 0.3;
/// Longest; a piece is not longer.
const MOST_S: f64 = 5.0;
/// Odds are said no stronger than this, however clear the numbers are: what nobody measured (a clone, a
/// twin, a voice after surgery) is rarer than one in a thousand, but not so rare as the formula says.
const STRONGEST: f64 = 7.0;

/// Cosines of another voice to the main one: mean and standard deviation, over rooms and lengths.
const OTHERS: (f64, f64) = (0.110, 0.106);

/// Log odds for a piece with so much speech.
pub fn log_odds(cosine: f64, speech_s: f64) -> f64 {
    let t = speech_s.clamp(LEAST_S, MOST_S).ln();
    let odds = ODDS[0] + ODDS[1] * cosine + ODDS[2] * t + ODDS[3] * cosine * t;
    odds.clamp(-STRONGEST, STRONGEST)
}

/// The chance, where a share `prior` of all pieces is of other voices.
pub fn chance(log_odds: f64, prior: f64) -> f64 {
    1.0 / (1.0 + (-(log_odds + (prior / (1.0 - prior)).ln())).exp())
}

/// What share of pieces is of other voices, by their own odds (expectation and maximisation over the share
/// alone; Saerens, Latinne and Decaestecker 2002). Never less than half a piece of all, nor all but that.
pub fn share(log_odds: &[f64]) -> f64 {
    let n = log_odds.len() as f64;
    let least = 0.5 / (n + 1.0);
    let mut share = 0.5f64;
    for _ in 0..200 {
        let sum: f64 = log_odds.iter().map(|odds| chance(*odds, share)).sum();
        let next = (sum / n.max(1.0)).clamp(least, 1.0 - least);
        if (next - share).abs() < 1e-7 {
            break;
        }
        share = next;
    }
    share
}

/// How likely a piece of another voice is found: a chance of at least `threshold`, where such a share is of
/// other voices.
pub fn found(speech_s: f64, prior: f64, threshold: f64) -> f64 {
    let t = speech_s.clamp(LEAST_S, MOST_S).ln();
    let needed = (threshold / (1.0 - threshold)).ln() - (prior / (1.0 - prior)).ln();
    if needed > STRONGEST {
        return 0.0;
    }
    let cosine = (ODDS[0] + ODDS[2] * t - needed) / -(ODDS[1] + ODDS[3] * t);
    normal((cosine - OTHERS.0) / OTHERS.1)
}

/// The normal distribution (Abramowitz and Stegun 26.2.17, error below 1e-7).
fn normal(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let series = [
        0.319_381_530,
        -0.356_563_782,
        1.781_477_937,
        -1.821_255_978,
        1.330_274_429,
    ];
    let sum = series.iter().rev().fold(0.0, |sum, c| (sum + c) * t);
    let tail = (-z * z / 2.0).exp() / std::f64::consts::TAU.sqrt() * sum;
    if z > 0.0 { 1.0 - tail } else { tail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_odds_follow_the_cosine() {
        for speech in [0.1, 1.0, 3.0, 60.0] {
            assert!(log_odds(0.0, speech) >= log_odds(0.3, speech));
            assert!(log_odds(0.3, speech) >= log_odds(0.7, speech));
        }
        assert!(log_odds(0.8, 2.0) < -5.0 && log_odds(0.1, 2.0) > 5.0);
    }

    #[test]
    fn the_share_is_what_the_odds_say() {
        let odds: Vec<f64> = (0..100).map(|i| if i < 7 { 6.0 } else { -6.0 }).collect();
        let found = share(&odds);
        assert!((found - 0.07).abs() < 0.01, "{found}");
        assert!(share(&[-7.0; 1_000]) < 0.001);
        assert!(share(&[]) > 0.0);
    }

    #[test]
    fn more_speech_is_found_more_often() {
        let at = |speech| found(speech, 0.01, 0.5);
        assert!(at(1.0) < at(2.0) && at(2.0) < at(4.0));
        assert!(at(2.0) > 0.9, "{}", at(2.0));
        assert!((normal(0.0) - 0.5).abs() < 1e-6 && (normal(1.959_964) - 0.975).abs() < 1e-6);
    }
}
