//! `muteproof review ask`: questions that no audit answers, in a terminal. Each answer is kept at once.

use std::io::{self, BufRead, IsTerminal};
use std::path::Path;
use std::process::ExitCode;

use report::{Asked, Lang};
use review::{Answer, Answers, Criterion, Value, Who};

use crate::catalogue::{criteria, said, text};
use crate::fail::Fail;
use crate::printer;

/// What a person types for each answer, whatever the language.
const KEYS: [(&str, Value); 5] = [
    ("y", Value::Yes),
    ("n", Value::No),
    ("u", Value::Unclear),
    ("0", Value::NoStatement),
    ("-", Value::NotApplicable),
];

/// Asks what is missing in a file.
pub fn run(
    path: &Path,
    service: &str,
    catalogue: Option<&Path>,
    lang: Lang,
) -> Result<ExitCode, Fail> {
    if !io::stdin().is_terminal() {
        return Err(Fail::NoTerminalForAnswers);
    }
    let (criteria, _) = criteria(catalogue)?;
    let mut answers = match path.exists() {
        true => {
            let name = path.display().to_string();
            Answers::parse(&name, &text(path)?, &criteria).map_err(said)?
        }
        false => Answers {
            service: service.to_owned(),
            answers: Vec::new(),
        },
    };
    if answers.service != service {
        return Err(said(review::ReviewError::OtherService {
            file: path.display().to_string(),
            other: answers.service,
            service: service.to_owned(),
        }));
    }
    let is_open = |c: &&Criterion| {
        c.who != Who::Measured && answers.answers.iter().all(|a| a.criterion != c.id)
    };
    let open: Vec<&Criterion> = criteria.criteria.iter().filter(is_open).collect();
    let count = open.len();
    for (k, criterion) in open.into_iter().enumerate() {
        printer::err(&report::asked(criterion, k + 1, count, lang)?);
        let Some(value) = value(lang)? else {
            break;
        };
        let note = line(&report::asks(Asked::Note, lang)?)?.unwrap_or_default();
        let source = line(&report::asks(Asked::Source, lang)?)?.unwrap_or_default();
        let today = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
        answers.answers.push(Answer {
            criterion: criterion.id.clone(),
            value: Some(value),
            note,
            source,
            date: today,
        });
        keep(path, &answers.text())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The person's answer; nothing at the end of what they type.
fn value(lang: Lang) -> Result<Option<Value>, Fail> {
    loop {
        let Some(typed) = line(&report::asks(Asked::Value, lang)?)? else {
            return Ok(None);
        };
        let typed = typed.to_lowercase();
        // `j` for German's yes.
        let key = if typed == "j" { "y" } else { &typed };
        if let Some((_, value)) = KEYS.iter().find(|(known, _)| *known == key) {
            return Ok(Some(*value));
        }
    }
}

fn line(question: &str) -> Result<Option<String>, Fail> {
    printer::err(question);
    let mut typed = String::new();
    match io::stdin().lock().read_line(&mut typed) {
        Ok(0) => Ok(None),
        Ok(_) => Ok(Some(typed.trim().to_owned())),
        Err(e) => Err(Fail::system(e)),
    }
}

/// The whole file in the place of the old one, or the old one.
fn keep(path: &Path, text: &str) -> Result<(), Fail> {
    let begun = path.with_extension("begun");
    let done = std::fs::write(&begun, text).and_then(|()| std::fs::rename(&begun, path));
    done.map_err(|e| Fail::file("write", path, &e))
}
