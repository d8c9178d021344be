use dice::Dice;

/// Honest traffic: what follows no coin, in the shapes that fool other tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Traffic {
    Noise,
    Sticky,
    Walk,
    DailyDrift,
    Bursts,
    HeavyTails,
    Periodic,
}

impl Traffic {
    pub(crate) const ALL: [Traffic; 7] = [
        Traffic::Noise,
        Traffic::Sticky,
        Traffic::Walk,
        Traffic::DailyDrift,
        Traffic::Bursts,
        Traffic::HeavyTails,
        Traffic::Periodic,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Traffic::Noise => "independent noise",
            Traffic::Sticky => "AR(1), rho 0.99",
            Traffic::Walk => "random walk",
            Traffic::DailyDrift => "daily drift (blocks of a minute)",
            Traffic::Bursts => "bursts",
            Traffic::HeavyTails => "heavy tails (Cauchy)",
            Traffic::Periodic => "periodic at the block length",
        }
    }

    /// One series of `n` blocks.
    pub(crate) fn series(self, n: usize, dice: &mut Dice) -> Vec<f64> {
        let phase = dice.unit();
        let turns_by_turns = dice.unit() < 0.5;
        let mut state = dice.normal() / (1.0f64 - 0.99 * 0.99).sqrt();
        let mut on = false;
        let mut next = phase;
        let block = |k: usize, dice: &mut Dice| match self {
            Traffic::Noise => dice.normal(),
            Traffic::Sticky => {
                state = 0.99 * state + dice.normal();
                state
            }
            Traffic::Walk => {
                state += dice.normal();
                1e6 + state
            }
            Traffic::DailyDrift => {
                let day = std::f64::consts::TAU * (k as f64 / 1_440.0 + phase);
                20.0 * day.sin() + dice.normal()
            }
            Traffic::Bursts => {
                on = dice.unit() < if on { 0.8 } else { 0.05 };
                let size = (2.0 * dice.normal()).exp();
                if on { 100.0 * size } else { size.round() }
            }
            // No mean, no variance.
            Traffic::HeavyTails => (std::f64::consts::PI * (dice.unit() - 0.5)).tan(),
            // A timer of exactly a block: how many of its ticks fall into each; or every other one.
            Traffic::Periodic if turns_by_turns => (k % 2) as f64 + 0.05 * dice.normal(),
            Traffic::Periodic => {
                let mut ticks = 0.0;
                while next < (k + 1) as f64 {
                    ticks += 1.0;
                    next += 1.0 + 0.02 * dice.normal();
                }
                ticks
            }
        };
        let mut block = block;
        (0..n).map(|k| block(k, dice)).collect()
    }
}
