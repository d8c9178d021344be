use crate::Error;

/// One row of numbers that leaked, at an even pace.
#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    /// What it is called: `max`, `level`, `bytes`.
    pub name: String,
    /// One value each interval.
    pub values: Vec<f64>,
}

/// What leaked while one thing went on, with the recordings that it was made from.
///
/// Can only be made complete: finite values, channels of one length, a source.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    label: String,
    sources: Vec<String>,
    every_s: f64,
    step: f64,
    channels: Vec<Channel>,
}

impl Series {
    /// `label` is what went on; `sources` are the recordings that were heard in it, of which no other
    /// label may have one. `every_s` is the time between two values, and `step` a change of them that
    /// means something: 6 dB of a level, 8 bytes of a packet.
    pub fn new(
        label: &str,
        sources: &[&str],
        every_s: f64,
        step: f64,
        channels: Vec<Channel>,
    ) -> Result<Series, Error> {
        let id = sources
            .first()
            .copied()
            .unwrap_or("a series without source");
        let Some(first) = channels.first() else {
            return Err(Error::Empty(id.to_owned()));
        };
        if sources.is_empty() || first.values.is_empty() {
            return Err(Error::Empty(id.to_owned()));
        }
        for (what, seconds) in [("the time between two values", every_s), ("the step", step)] {
            if !(seconds.is_finite() && seconds > 0.0) {
                return Err(Error::NoTime { what, seconds });
            }
        }
        for channel in &channels {
            if channel.values.len() != first.values.len() {
                return Err(Error::Uneven {
                    source_id: id.to_owned(),
                    channel: channel.name.clone(),
                    len: channel.values.len(),
                    first: first.name.clone(),
                    first_len: first.values.len(),
                });
            }
            if let Some(index) = channel.values.iter().position(|v| !v.is_finite()) {
                return Err(Error::NotANumber {
                    source_id: id.to_owned(),
                    channel: channel.name.clone(),
                    index,
                    value: channel.values[index],
                });
            }
        }
        Ok(Series {
            label: label.to_owned(),
            sources: sources.iter().map(|&s| s.to_owned()).collect(),
            every_s,
            step,
            channels,
        })
    }

    /// What went on.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The recordings that were heard.
    pub fn sources(&self) -> &[String] {
        &self.sources
    }

    /// Seconds between two values.
    pub fn every_s(&self) -> f64 {
        self.every_s
    }

    /// A change of the values that means something.
    pub fn step(&self) -> f64 {
        self.step
    }

    /// The rows of numbers.
    pub fn channels(&self) -> &[Channel] {
        &self.channels
    }

    /// Values of a channel.
    pub fn len(&self) -> usize {
        self.channels.first().map_or(0, |c| c.values.len())
    }

    /// Never: a series has values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Values in a window of so many seconds; at least 1.
    pub fn per_window(&self, window_s: f64) -> usize {
        ((window_s / self.every_s).round() as usize).max(1)
    }

    /// Interval and channels in words, to tell series of different kinds apart.
    pub(crate) fn kind(&self) -> String {
        let names: Vec<&str> = self.channels.iter().map(|c| &*c.name).collect();
        format!("{} every {} s", names.join(", "), self.every_s)
    }
}
