use crate::{Access, End, Unread};

/// What comes of a log while it is read, line by line.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub accesses: Vec<Access>,
    /// The earliest and the latest moment that the log speaks of.
    pub span: Option<(u64, u64)>,
    /// When the log was taken, where it says so.
    pub taken_ns: Option<u64>,
    /// Whether times were taken for local ones, or for those of the nearest day.
    pub is_local: bool,
    pub is_undated: bool,
    pub unread: Option<Unread>,
}

impl Reading {
    /// The log speaks of this moment.
    pub(crate) fn saw(&mut self, ns: u64) {
        let (first, last) = self.span.unwrap_or((ns, ns));
        self.span = Some((first.min(ns), last.max(ns)));
    }

    /// A line, counted from 0, that belongs to the log and was not understood.
    pub(crate) fn unread(&mut self, line: usize, why: impl Into<String>) {
        match &mut self.unread {
            Some(unread) => unread.lines += 1,
            None => {
                self.unread = Some(Unread {
                    lines: 1,
                    first: line + 1,
                    why: why.into(),
                });
            }
        }
    }

    /// An app began to have the microphone. Gives the place of this access.
    pub(crate) fn begin(&mut self, app: &str, began_ns: u64, ended: End) -> usize {
        self.saw(began_ns);
        if let End::At(ns) = ended {
            self.saw(ns);
        }
        self.accesses.push(Access {
            app: app.to_owned(),
            began_ns,
            ended,
        });
        self.accesses.len() - 1
    }

    /// The access at this place ended.
    pub(crate) fn end(&mut self, at: usize, ns: u64) {
        self.saw(ns);
        let access = &mut self.accesses[at];
        access.ended = End::At(ns.max(access.began_ns));
    }
}
