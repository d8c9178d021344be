//! The page of `mic watch`: who holds what and since when, and what happened.

use std::collections::VecDeque;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use jiff::Zoned;
use mic::control::{Answer, Ask, ask};
use mic::watch::{Change, Seen, run as follow};
use mic::{EventLog, Places};
use ratatui::Frame;
use ratatui::crossterm::event::{self, Event, KeyCode};
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Color, Style};
use ratatui::text::Line;
use ratatui::widgets::{Block, Paragraph, Wrap};
use report::{Lang, Mic};
use switch::{Holder, Verified};

use crate::fail::Fail;
use crate::mic::say::{LOOK_EVERY, say, when};
use crate::told;

/// So many lines of history are shown at most.
const HISTORY: usize = 200;

/// What the page shows.
struct Page {
    lang: Lang,
    held: Vec<(Holder, String)>,
    history: VecDeque<String>,
    state: Option<Verified>,
    failed: Option<String>,
}

pub fn run(places: &Places, lang: Lang, log: Option<EventLog>) -> Result<ExitCode, Fail> {
    let (sender, seen) = channel();
    let place = places.sound.clone();
    thread::spawn(move || {
        let _ = follow(&place, LOOK_EVERY, |seen, failed| {
            let failed = failed.map(|e| told::said(lang, &e));
            sender.send((seen, failed)).is_ok()
        });
    });
    let mut page = Page {
        lang,
        held: Vec::new(),
        history: VecDeque::new(),
        state: None,
        failed: None,
    };
    let mut terminal = ratatui::try_init().map_err(Fail::system)?;
    let done = page.show(&mut terminal, places, &seen, log.as_ref());
    ratatui::restore();
    done.map(|()| ExitCode::SUCCESS)
}

type Changes = (Vec<Seen>, Option<String>);

impl Page {
    fn show(
        &mut self,
        terminal: &mut ratatui::DefaultTerminal,
        places: &Places,
        changes: &Receiver<Changes>,
        log: Option<&EventLog>,
    ) -> Result<(), Fail> {
        loop {
            for (seen, failed) in changes.try_iter() {
                self.failed = failed;
                for one in seen {
                    if let Some(log) = log {
                        log.add(&one).map_err(Fail::system)?;
                    }
                    self.take(one)?;
                }
            }
            terminal
                .draw(|frame| self.draw(frame))
                .map_err(Fail::system)?;
            if !event::poll(Duration::from_millis(200)).map_err(Fail::system)? {
                continue;
            }
            let Event::Key(key) = event::read().map_err(Fail::system)? else {
                continue;
            };
            match key.code {
                KeyCode::Char('q') | KeyCode::Esc => return Ok(()),
                KeyCode::Char('c') if key.modifiers.contains(event::KeyModifiers::CONTROL) => {
                    return Ok(());
                }
                // Asked of a guard that is there; the page starts none.
                KeyCode::Char('m') => {
                    if let Ok(Answer::Found { status }) = ask(&places.run, &Ask::Toggle) {
                        self.state = Some(status.verified);
                    }
                }
                _ => {}
            }
        }
    }

    fn take(&mut self, seen: Seen) -> Result<(), Fail> {
        let now = Zoned::now().strftime("%H:%M:%S").to_string();
        let line = say(self.lang, &Mic::Holder(&seen.holder, when(&seen.watch)))?;
        self.history.push_front(format!("{now} {line}"));
        self.history.truncate(HISTORY);
        let stream = seen.holder.stream;
        let same = |held: &Holder| match stream {
            Some(_) => held.stream == stream,
            None => *held == seen.holder,
        };
        match seen.watch {
            Change::Begin => self.held.push((seen.holder, now)),
            Change::End => self.held.retain(|(held, _)| !same(held)),
            Change::Change => {
                let changed = self.held.iter_mut().find(|(held, _)| same(held));
                if let Some((held, _)) = changed {
                    *held = seen.holder;
                }
            }
        }
        Ok(())
    }

    fn draw(&self, frame: &mut Frame) {
        let text = |what: &Mic| say(self.lang, what).unwrap_or_default();
        let mut held: Vec<Line> = self
            .held
            .iter()
            .map(|(holder, since)| {
                let line = text(&Mic::Holder(holder, report::Seen::Since(since)));
                let colour = match (holder.mismatch, holder.muted) {
                    (true, _) => Color::Red,
                    (false, false) => Color::Yellow,
                    (false, true) => Color::Reset,
                };
                Line::styled(line, Style::new().fg(colour))
            })
            .collect();
        if held.is_empty() && self.failed.is_none() {
            held.push(Line::raw(text(&Mic::Nobody)));
        }
        held.extend(self.failed.as_ref().map(|why| Line::raw(why.clone())));
        let mut title = text(&Mic::WatchTitle);
        if let Some(state) = self.state {
            title = format!("{} – {title}", text(&Mic::State(state)));
        }
        let rows = Layout::vertical([Constraint::Percentage(50), Constraint::Percentage(50)]);
        let [above, below] = rows.areas(frame.area());
        let wrap = Wrap { trim: false };
        let block = Block::bordered().title(title);
        frame.render_widget(Paragraph::new(held).wrap(wrap).block(block), above);
        let history: Vec<Line> = self.history.iter().map(|l| Line::raw(l.as_str())).collect();
        let block = Block::bordered().title(text(&Mic::WatchHistory));
        frame.render_widget(Paragraph::new(history).wrap(wrap).block(block), below);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use switch::{Device, Who};

    fn seen(watch: Change, muted: bool) -> Seen {
        let holder = Holder {
            device: Device::Source {
                source: "mic1".into(),
                monitor: false,
            },
            who: Who::Process {
                pid: 7,
                program: "/usr/bin/app".into(),
            },
            stream: Some(3),
            claimed_name: None,
            claimed_pid: None,
            mismatch: false,
            muted,
        };
        Seen { watch, holder }
    }

    #[test]
    fn the_page_follows_who_takes_and_leaves() {
        let mut page = Page {
            lang: Lang::En,
            held: Vec::new(),
            history: VecDeque::new(),
            state: Some(Verified::Off),
            failed: None,
        };
        let mut terminal = Terminal::new(TestBackend::new(100, 20)).unwrap();
        let mut shown = |page: &Page| {
            terminal.draw(|frame| page.draw(frame)).unwrap();
            terminal.backend().to_string()
        };
        assert!(shown(&page).contains("Nobody holds a microphone"));
        page.take(seen(Change::Begin, false)).unwrap();
        let text = shown(&page);
        assert!(
            text.contains("/usr/bin/app (process 7), hears, since"),
            "{text}"
        );
        assert!(text.contains("Microphone off (verified)"), "{text}");
        page.take(seen(Change::Change, true)).unwrap();
        assert!(shown(&page).contains("hears nothing"));
        page.take(seen(Change::End, true)).unwrap();
        assert!(page.held.is_empty());
        assert_eq!(page.history.len(), 3);
    }
}
