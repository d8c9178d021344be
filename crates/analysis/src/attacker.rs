//! What an attacker makes of the named activities of a bundle.

use bundle::Bundle;
use features::Session;
use report::{Attacked, Sent, Tried};
use wire::tls::Keys;

/// How often an attacker names what was played, by what left; nothing where nothing of it varied.
pub fn attacked(
    bundle: &Bundle,
    keys: Option<&Keys>,
) -> Result<Option<Attacked>, inference::Error> {
    let session = Session {
        keys,
        ..bundle.session()
    };
    let made = inference::attack(&session, bundle.seed())?;
    Ok(made.map(|made| Attacked {
        synthetic: made.library.as_ref().is_none_or(|l| l.synthetic),
        sent: Sent::Recorded {
            series: made.series,
            library: made.library.map(|library| library.sha256),
        },
        window_s: made.block_s,
        outcome: made.outcome,
        claimed: None,
        carriers: made.carriers,
        study_kind: made.study_kind.map(|accuracy| (made.block_s, accuracy)),
    }))
}

/// What a report says of it; nothing where no named activities were played, or where no packets are
/// left to look at. A pure function of the bundle.
pub fn tried(bundle: &Bundle, keys: Option<&Keys>) -> Option<Tried> {
    if bundle.manifest.protocol.activities.is_none() || bundle.kept.is_some() {
        return None;
    }
    Some(match attacked(bundle, keys) {
        Ok(Some(attacked)) => Tried::Named(Box::new(attacked)),
        Ok(None) => Tried::NothingVaried,
        Err(e) => Tried::Refused(e.to_string()),
    })
}
