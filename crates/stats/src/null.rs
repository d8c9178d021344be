//! Honest numbers, many times over: how often are they accused? And the two classic mistakes,
//! built in on purpose, which this simulation has to catch.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::decide::log_threshold;
use crate::evidence::Evidence;
use crate::fine;
use crate::numbers::{Missing, Numbers, Settings, Value};
use crate::parts::Parts;
use crate::prepared::Prepared;

pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        Dice(ChaCha8Rng::seed_from_u64(seed))
    }

    pub(crate) fn unit(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    pub(crate) fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }

    pub(crate) fn coins(&mut self, n: usize, levels: u8) -> Vec<u8> {
        (0..n)
            .map(|_| (self.unit() * f64::from(levels)) as u8)
            .collect()
    }
}

/// Honest traffic that looks like something.
#[derive(Debug, Clone, Copy)]
enum Traffic {
    Noise,
    Drifting,
    RandomWalk,
    HeavyTails,
    Periodic,
    Counts,
    Bursts,
}

impl Traffic {
    const ALL: [Traffic; 7] = [
        Traffic::Noise,
        Traffic::Drifting,
        Traffic::RandomWalk,
        Traffic::HeavyTails,
        Traffic::Periodic,
        Traffic::Counts,
        Traffic::Bursts,
    ];

    fn series(self, n: usize, dice: &mut Dice) -> Vec<f64> {
        let phase = dice.unit();
        let mut state = 0.0;
        (0..n)
            .map(|k| match self {
                Traffic::Noise => dice.normal(),
                Traffic::Drifting => {
                    state = 0.99 * state + dice.normal();
                    1e6 + state
                }
                Traffic::RandomWalk => {
                    state += dice.normal();
                    state
                }
                // Cauchy: no mean, no variance.
                Traffic::HeavyTails => (std::f64::consts::PI * (dice.unit() - 0.5)).tan(),
                Traffic::Periodic => {
                    ((k as f64 / 5.0 + phase) * std::f64::consts::TAU).sin() + 0.05 * dice.normal()
                }
                Traffic::Counts => (dice.unit() * 3.0).floor(),
                Traffic::Bursts => {
                    if dice.unit() < 0.1 {
                        1e4 * dice.unit()
                    } else {
                        0.0
                    }
                }
            })
            .collect()
    }
}

fn numbers(series: &[Vec<f64>]) -> Numbers {
    let n = series.first().map_or(0, Vec::len);
    let series = series
        .iter()
        .map(|s| (1.0, s.iter().map(|&y| Value::Number(y)).collect()));
    Numbers::new(n, series.collect()).unwrap()
}

fn honest(traffic: Traffic, n_series: usize, n: usize, settings: Settings, seed: u64) -> Evidence {
    let mut dice = Dice::new(seed);
    let series: Vec<_> = (0..n_series)
        .map(|_| traffic.series(n, &mut dice))
        .collect();
    let coins = dice.coins(n, settings.symbols());
    Prepared::new(numbers(&series), settings)
        .test(&coins)
        .unwrap()
}

/// With a fine coin in each block.
fn with_fine() -> Settings {
    Settings {
        fine: 0.5,
        ..Settings::default()
    }
}

/// Whatever the numbers: over every sequence of coins that there is, the mean wealth is 1, after any block.
#[test]
fn over_all_sequences_the_mean_wealth_is_one() {
    let at_once = |settings| Settings {
        parts: Parts::NONE,
        ..settings
    };
    let mut dice = Dice::new(11);
    for settings in [at_once(Settings::default()), at_once(with_fine())] {
        let (n, levels) = (4u32, u32::from(settings.symbols()));
        let series = [Traffic::Noise, Traffic::Drifting].map(|t| t.series(n as usize, &mut dice));
        let prepared = Prepared::new(numbers(&series), settings);
        let mut mean = vec![0.0; n as usize];
        for way in 0..levels.pow(n) {
            let symbol = |k: u32| (way / levels.pow(k) % levels) as u8;
            let symbols: Vec<u8> = (0..n).map(symbol).collect();
            let evidence = prepared.test(&symbols).unwrap();
            let each = mean.iter_mut().zip(&evidence.path);
            each.for_each(|(mean, log)| *mean += log.exp() / f64::from(levels.pow(n)));
        }
        assert!(
            mean.iter().all(|mean| (mean - 1.0).abs() < 1e-9),
            "{levels}: {mean:?}"
        );
    }
}

/// Upper 99 % limit of a binomial count (normal approximation with continuity correction).
fn limit(reps: u64, alpha: f64) -> u64 {
    let mean = reps as f64 * alpha;
    (mean + 2.33 * (mean * (1.0 - alpha)).sqrt() + 0.5).ceil() as u64
}

const ALPHA: f64 = 0.05;

#[test]
fn honest_numbers_are_accused_at_most_as_declared() {
    let reps = 500;
    for traffic in Traffic::ALL {
        let accused = (0..reps)
            .filter(|&seed| {
                let evidence = honest(traffic, 8, 60, Settings::default(), seed);
                evidence.max_log_e >= log_threshold(ALPHA)
            })
            .count() as u64;
        println!("{traffic:?}: {accused} of {reps} accused at {ALPHA}, stopped at the maximum");
        assert!(accused <= limit(reps, ALPHA), "{traffic:?}: {accused}");
    }
}

#[test]
fn honest_numbers_are_not_accused_with_four_levels_or_charged_losses() {
    let reps = 300;
    let four = Settings {
        levels: 4,
        ..Settings::default()
    };
    let charged = Settings {
        missing: Missing::Charge,
        ..Settings::default()
    };
    let all = [
        ("four levels", four),
        ("charged", charged),
        ("a fine coin", with_fine()),
    ];
    for (name, settings) in all {
        let accused = (0..reps)
            .filter(|&seed| {
                let evidence = honest(Traffic::Drifting, 8, 60, settings, seed);
                evidence.max_log_e >= log_threshold(ALPHA)
            })
            .count() as u64;
        println!("{name}: {accused} of {reps} accused at {ALPHA}");
        assert!(accused <= limit(reps, ALPHA), "{name}: {accused}");
    }
}

/// Loss that follows sound and traffic: busy loud blocks are dropped. Dropping accuses far too
/// often (that is why the loss is tested itself), charging does not.
#[test]
fn loss_that_follows_the_sound_fools_dropping_but_not_charging() {
    let reps = 300;
    let n = 60;
    let mut accused = [0u64; 3];
    for seed in 0..reps {
        let mut dice = Dice::new(seed);
        let coins = dice.coins(n, 2);
        let busy: Vec<f64> = (0..n).map(|_| dice.normal()).collect();
        let lost: Vec<bool> = (0..n).map(|k| coins[k] == 1 && busy[k] > 0.0).collect();
        let values: Vec<Value> = (0..n)
            .map(|k| {
                if lost[k] {
                    Value::Lost
                } else {
                    Value::Number(busy[k])
                }
            })
            .collect();
        let loss: Vec<f64> = lost.iter().map(|&l| f64::from(u8::from(l))).collect();
        let run = |numbers: Numbers, missing| {
            let settings = Settings {
                missing,
                ..Settings::default()
            };
            let evidence = Prepared::new(numbers, settings).test(&coins).unwrap();
            u64::from(evidence.max_log_e >= log_threshold(ALPHA))
        };
        let dropped = Numbers::new(n, vec![(1.0, values)]).unwrap();
        accused[0] += run(dropped.clone(), Missing::Drop);
        accused[1] += run(dropped, Missing::Charge);
        accused[2] += run(numbers(&[loss]), Missing::Drop);
    }
    let [dropped, charged, loss] = accused;
    println!("of {reps}: dropped {dropped}, charged {charged} accused; loss itself found {loss}");
    assert!(dropped > limit(reps, ALPHA));
    assert!(charged <= limit(reps, ALPHA));
    assert!(loss as f64 > 0.9 * reps as f64);
}

#[test]
fn the_simulation_catches_a_learner_that_learns_before_it_bets() {
    let reps = 300;
    let mutant = Settings {
        learn_first: true,
        ..Settings::default()
    };
    let accused = (0..reps)
        .filter(|&seed| {
            honest(Traffic::Noise, 8, 60, mutant, seed).max_log_e >= log_threshold(ALPHA)
        })
        .count() as u64;
    println!("mutant that learns first: {accused} of {reps} accused at {ALPHA}");
    assert!(accused > limit(reps, ALPHA));
}

#[test]
fn the_simulation_catches_stakes_that_are_dealt_after_looking_at_coins() {
    let reps = 300;
    let accused = |settings| {
        let crossed = |seed: &u64| {
            honest(Traffic::Noise, 40, 60, settings, *seed).max_log_e >= log_threshold(ALPHA)
        };
        (0..reps).filter(crossed).count() as u64
    };
    let mutant = Settings {
        weigh_by_coins: true,
        ..Settings::default()
    };
    let (caught, right) = (accused(mutant), accused(Settings::default()));
    println!("stakes by coins: {caught} of {reps} accused at {ALPHA}, by looks: {right}");
    assert!(caught > limit(reps, ALPHA) && right <= limit(reps, ALPHA));
}

/// Values about this block and the one before, among noise: bets on two coins find them sooner, and accuse no
/// more.
#[test]
fn values_that_straddle_blocks_are_found_by_two_coins() {
    let (reps, blocks) = (40u64, 90);
    let by_two = Settings {
        two_coins: 0.85,
        ..Settings::default()
    };
    let crossed = |settings, size: f64| {
        let run = |seed| {
            let mut dice = Dice::new(seed);
            let coins = dice.coins(blocks, 2);
            let both = |k: usize| f64::from(coins[k] + coins[k.saturating_sub(1)]) / 2.0;
            let mut series = vec![Vec::new(); 10];
            series[0] = (0..blocks)
                .map(|k| size * both(k) + dice.normal())
                .collect();
            series[1..].fill_with(|| Traffic::Noise.series(blocks, &mut dice));
            let evidence = Prepared::new(numbers(&series), settings).test(&coins);
            crossing(&evidence.unwrap(), 0.001)
        };
        median((0..reps).map(run).collect())
    };
    let (aligned, two) = (crossed(Settings::default(), 6.0), crossed(by_two, 6.0));
    println!("median block by one coin {aligned}, by two {two}");
    assert!(two + 5 < aligned);
    let accused = (0..300)
        .filter(|&seed| {
            honest(Traffic::Drifting, 8, 60, by_two, seed).max_log_e >= log_threshold(ALPHA)
        })
        .count() as u64;
    println!("by two coins {accused} of 300 accused at {ALPHA}");
    assert!(accused <= limit(300, ALPHA));
}

#[test]
fn the_simulation_catches_a_test_that_takes_the_largest_series() {
    // The mutant's input is the right one's output: each series alone, the largest taken.
    let reps = 300;
    let accused = (0..reps)
        .filter(|&seed| {
            let mut dice = Dice::new(seed);
            let series: Vec<_> = (0..20)
                .map(|_| Traffic::Noise.series(60, &mut dice))
                .collect();
            let coins = dice.coins(60, 2);
            let alone = |s: &Vec<f64>| {
                let prepared = Prepared::new(numbers(std::slice::from_ref(s)), Settings::default());
                prepared.test(&coins).unwrap().max_log_e
            };
            series.iter().map(alone).fold(0.0, f64::max) >= log_threshold(ALPHA)
        })
        .count() as u64;
    println!("mutant that takes the largest: {accused} of {reps} accused at {ALPHA}");
    assert!(accused > limit(reps, ALPHA));
}

fn with_leaks(
    n: usize,
    n_series: usize,
    leaks: usize,
    shift: f64,
    seed: u64,
    settings: Settings,
) -> Evidence {
    let mut dice = Dice::new(seed);
    let coins = dice.coins(n, settings.levels);
    let top = f64::from(settings.levels - 1);
    let series: Vec<Vec<f64>> = (0..n_series)
        .map(|j| {
            let leak = if j < leaks { shift } else { 0.0 };
            coins
                .iter()
                .map(|&s| dice.normal() + leak * f64::from(s) / top)
                .collect()
        })
        .collect();
    Prepared::new(numbers(&series), settings)
        .test(&coins)
        .unwrap()
}

fn crossing(evidence: &Evidence, alpha: f64) -> usize {
    let at = evidence
        .path
        .iter()
        .position(|&l| l >= log_threshold(alpha));
    at.map_or(usize::MAX, |k| k + 1)
}

fn median(mut values: Vec<usize>) -> usize {
    values.sort_unstable();
    values[values.len() / 2]
}

#[test]
fn leaks_are_found_in_time() {
    let reps = 60u64;
    // (series, leaking, shift in standard deviations, median blocks at most)
    for (n_series, leaks, shift, most) in [
        (1, 1, 1.0, 100),
        (200, 1, 3.0, 40),
        (500, 1, 4.0, 28),
        (500, 10, 4.0, 22),
        (500, 1, 100.0, 24),
    ] {
        let blocks = if shift < 2.0 { 200 } else { 45 };
        let crossed: Vec<usize> = (0..reps)
            .map(|seed| {
                let evidence =
                    with_leaks(blocks, n_series, leaks, shift, seed, Settings::default());
                crossing(&evidence, 0.001)
            })
            .collect();
        let found = crossed.iter().filter(|&&k| k < usize::MAX).count();
        let median = median(crossed);
        println!("{leaks} of {n_series} at d={shift}: {found}/{reps} found, median block {median}");
        assert!(
            median <= most,
            "{leaks} of {n_series} at d={shift}: {median}"
        );
    }
}

#[test]
fn four_equal_levels_do_not_pay() {
    let crossed = |levels, shift| {
        let settings = Settings {
            levels,
            ..Settings::default()
        };
        let run = |seed| with_leaks(120, 20, 1, shift, seed, settings);
        median((0..40).map(|seed| crossing(&run(seed), 1e-3)).collect())
    };
    let both = |shift| (crossed(2, shift), crossed(4, shift));
    let (clean, usual) = (both(12.0), both(3.0));
    println!("median blocks with two and four levels: d=12 {clean:?}, d=3 {usual:?}");
    assert!(clean.1.abs_diff(clean.0) <= 1 && usual.1 > usual.0);
}

/// Four nested levels between the same extremes, as two coins, are found sooner; what is found by one series alone names
/// it sooner too.
#[test]
fn four_nested_levels_pay() {
    let run = |nested: bool, seed| {
        let (blocks, mut dice) = (60, Dice::new(seed));
        let settings = if nested {
            with_fine()
        } else {
            Settings::default()
        };
        let symbols = dice.coins(blocks, settings.symbols());
        let at = |symbol: &u8| match nested {
            true => fine::POSITIONS[usize::from(*symbol)],
            false => 2.0 * f64::from(*symbol) - 1.0,
        };
        let leak = symbols
            .iter()
            .map(|s| 12.0 * at(s) + dice.normal())
            .collect();
        let mut series = vec![leak];
        series.resize_with(20, || Traffic::Noise.series(blocks, &mut dice));
        let evidence = Prepared::new(numbers(&series), settings).test(&symbols);
        let evidence = evidence.unwrap();
        assert!(evidence.series_log_e[0] >= 1000f64.ln());
        crossing(&evidence, 1e-3)
    };
    let median = |nested| median((0..40).map(|seed| run(nested, seed)).collect());
    let (two, four) = (median(false), median(true));
    println!("median blocks with two levels {two}, with four nested ones {four}");
    assert!(four + 2 <= two, "{four} {two}");
}

#[test]
fn a_lagged_leak_a_drifting_leak_and_a_heavy_tailed_leak_are_found() {
    let n = 120;
    let mut dice = Dice::new(77);
    let coins = dice.coins(n, 2);
    let mut walk = 0.0;
    let lagged: Vec<f64> = (0..n)
        .map(|k| dice.normal() + 4.0 * f64::from(if k < 2 { 0 } else { coins[k - 2] }))
        .collect();
    let drifting: Vec<f64> = (0..n)
        .map(|k| {
            walk += 5.0 * dice.normal();
            walk + 20.0 * f64::from(coins[k])
        })
        .collect();
    let heavy: Vec<f64> = (0..n)
        .map(|k| {
            let cauchy = (std::f64::consts::PI * (dice.unit() - 0.5)).tan();
            cauchy + 6.0 * f64::from(coins[k])
        })
        .collect();
    for (name, series) in [("lagged", lagged), ("drifting", drifting), ("heavy", heavy)] {
        let prepared = Prepared::new(numbers(&[series]), Settings::default());
        let evidence = prepared.test(&coins).unwrap();
        println!("{name}: crossed at block {}", crossing(&evidence, 0.001));
        assert!(
            evidence.max_log_e > log_threshold(0.001),
            "{name}: {}",
            evidence.max_log_e
        );
    }
}

/// What hangs on the symbol in another way than by its mean, or of another block: one such series among
/// ten that follow nothing.
#[derive(Debug, Clone, Copy)]
enum Encoding {
    /// One sample of a sound, 40 dB louder or not.
    Sample,
    /// A bit in a mask whose other bits follow nothing.
    Mask,
    /// One of six states, in no order.
    State,
    /// What is left by a division by seven.
    Remainder,
    /// A level, of the block so many before.
    Late(usize),
    /// A level, of the block after.
    Early,
    /// The mean power of half a block and half of the one before, dB.
    Between,
}

impl Encoding {
    fn value(self, coins: &[u8], k: usize, dice: &mut Dice) -> f64 {
        let coin = |k: Option<usize>| k.and_then(|k| coins.get(k)).copied().unwrap_or(0);
        let own = coin(Some(k));
        let level = |coin: u8, dice: &mut Dice| 6.0 * f64::from(coin) + dice.normal();
        let whole = |dice: &mut Dice, most: f64| (dice.unit() * most) as u64;
        match self {
            Encoding::Sample => {
                // Laplacian, as samples of speech are.
                let size = -(1.0 - dice.unit()).ln() * if own == 1 { 3_000.0 } else { 30.0 };
                (if dice.unit() < 0.5 { size } else { -size }).round()
            }
            Encoding::Mask => ((whole(dice, 65_536.0) & 0xFDFF) | u64::from(own) << 9) as f64,
            Encoding::State => {
                let states = [[3.0, 7.0, 1.0], [4.0, 2.0, 6.0]];
                states[usize::from(own)][whole(dice, 3.0) as usize]
            }
            Encoding::Remainder => (whole(dice, 9_000.0) * 7 + 4 * u64::from(own)) as f64,
            Encoding::Late(lag) => level(coin(k.checked_sub(lag)), dice),
            Encoding::Early => level(coin(Some(k + 1)), dice),
            Encoding::Between => {
                // A step of ten decibels; what the other codes do to a mean is about one.
                let power = |coin: u8| if coin == 1 { 1.0 } else { 0.1 };
                let before = coin(k.checked_sub(1));
                10.0 * f64::log10(power(own) + power(before)) + dice.normal()
            }
        }
    }
}

#[test]
fn leaks_that_shift_no_mean_are_found_in_time() {
    let (reps, blocks) = (60u64, 120);
    let all = [
        Encoding::Sample,
        Encoding::Mask,
        Encoding::State,
        Encoding::Remainder,
        Encoding::Late(4),
        Encoding::Late(15),
        Encoding::Early,
        Encoding::Between,
    ];
    let settings = Settings {
        longest_lag: crate::MOST_LAG,
        ..Settings::default()
    };
    for encoding in all {
        let crossed = |seed| {
            let mut dice = Dice::new(seed);
            let coins = dice.coins(blocks, 2);
            let leak = (0..blocks).map(|k| encoding.value(&coins, k, &mut dice));
            let mut series = vec![leak.collect::<Vec<f64>>()];
            series.extend((0..10).map(|_| Traffic::Noise.series(blocks, &mut dice)));
            let evidence = Prepared::new(numbers(&series), settings)
                .test(&coins)
                .unwrap();
            crossing(&evidence, 0.001)
        };
        let mut crossed: Vec<usize> = (0..reps).map(crossed).collect();
        crossed.sort_unstable();
        let (median, late) = (crossed[30], crossed[57]);
        println!("{encoding:?}: median block {median}, 95 % by {late}");
        assert!(late <= blocks, "{encoding:?}: {median} {late}");
    }
}

/// Somebody who looks on may act on the prompt part at once: it never promises too much. And a
/// series by itself, times its share, never promises more than the whole.
#[test]
fn parts_of_the_wealth_are_lower_bounds_of_the_whole() {
    for seed in 0..20 {
        let mut dice = Dice::new(seed);
        let coins = dice.coins(60, 2);
        let leak = |j: u8| {
            let value = |&s: &u8| dice.normal() + 2.0 * f64::from(s * (j % 2));
            coins.iter().map(value).collect::<Vec<f64>>()
        };
        let series: Vec<Vec<f64>> = (0..6).map(leak).collect();
        let prepared = Prepared::new(numbers(&series), Settings::default());
        let evidence = prepared.test(&coins).unwrap();
        let pairs = evidence.prompt_path.iter().zip(&evidence.path);
        assert!(pairs.clone().all(|(part, whole)| *part <= whole + 1e-9));
        assert!(
            pairs
                .clone()
                .all(|(part, whole)| part.exp() > 0.0 && whole.is_finite())
        );
        let own = evidence
            .prompt_series_log_e
            .iter()
            .zip(&evidence.series_log_e);
        assert!(own.clone().all(|(part, whole)| *part <= whole + 1e-9));
        let whole = prepared.highest_of_each(&coins, f64::INFINITY).unwrap();
        for enough in [1.0, 3.0] {
            let until = prepared.highest_of_each(&coins, enough).unwrap();
            let mut both = whole.iter().zip(&until);
            assert!(
                both.all(|(whole, until)| until <= whole && (*until < enough) == (*whole < enough))
            );
        }
        for (j, highest) in whole.into_iter().enumerate() {
            let share = prepared.rivals().share(Some(j), 1.0, &series[j]).ln();
            assert!(highest >= 0.0 && share + highest <= evidence.max_log_e + 1e-9);
        }
    }
    let prepared = Prepared::new(numbers(&[vec![1.0, 2.0]]), Settings::default());
    assert!(prepared.highest_of_each(&[0], 1.0).is_err());
    let constant = Prepared::new(numbers(&[vec![1.0; 9]]), Settings::default());
    assert_eq!(constant.highest_of_each(&[1; 9], 1.0), Ok(vec![0.0]));
}

#[test]
fn a_constant_or_missing_series_bets_nothing() {
    let coins = Dice::new(1).coins(50, 2);
    let constant = vec![Value::Number(1e9 + 0.1); 50];
    for values in [constant, vec![Value::Lost; 50], vec![Value::Absent; 50]] {
        let numbers = Numbers::new(50, vec![(1.0, values)]).unwrap();
        let evidence = Prepared::new(numbers, Settings::default())
            .test(&coins)
            .unwrap();
        assert!(
            evidence.path.iter().all(|l| l.abs() < 1e-9),
            "{:?}",
            evidence.path
        );
        assert!(evidence.guesses.iter().all(|&g| g == 0));
    }
    let none = Numbers::new(50, vec![]).unwrap();
    let evidence = Prepared::new(none, Settings::default())
        .test(&coins)
        .unwrap();
    assert!(evidence.path.iter().all(|l| l.abs() < 1e-9));
}

#[test]
fn a_prefix_gives_the_settled_part_of_the_whole() {
    let mut dice = Dice::new(5);
    let coins = dice.coins(60, 2);
    let series: Vec<Vec<f64>> = (0..4)
        .map(|j| {
            coins
                .iter()
                .map(|&s| dice.normal() + f64::from(s * j))
                .collect()
        })
        .collect();
    let whole = Prepared::new(numbers(&series), Settings::default())
        .test(&coins)
        .unwrap();
    let cut: Vec<Vec<f64>> = series.iter().map(|s| s[..41].to_vec()).collect();
    let part = Prepared::new(numbers(&cut), Settings::default())
        .test(&coins[..41])
        .unwrap();
    assert_eq!(part.settled, 39);
    for k in 0..39 {
        assert!((whole.path[k] - part.path[k]).abs() < 1e-9, "block {k}");
    }
}

#[test]
fn symbols_that_do_not_fit_are_refused() {
    let prepared = Prepared::new(numbers(&[vec![1.0, 2.0]]), Settings::default());
    assert!(prepared.test(&[0]).is_err());
    assert!(prepared.test(&[0, 2]).is_err());
    let none = Settings {
        levels: 0,
        ..Settings::default()
    };
    assert!(
        Prepared::new(numbers(&[vec![1.0, 2.0]]), none)
            .test(&[0, 0])
            .is_err()
    );
}

proptest::proptest! {
    #[test]
    fn any_numbers_give_finite_evidence(
        rows in proptest::collection::vec(proptest::array::uniform3(-1e100..1e100f64), 0..40),
        seed: u64,
    ) {
        let series: Vec<Vec<f64>> = (0..3).map(|j| rows.iter().map(|r| r[j]).collect()).collect();
        let coins = Dice::new(seed).coins(rows.len(), 2);
        let evidence = Prepared::new(numbers(&series), Settings::default()).test(&coins).unwrap();
        proptest::prop_assert!(evidence.path.iter().all(|l| l.is_finite()));
    }
}
