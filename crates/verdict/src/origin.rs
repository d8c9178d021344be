//! Where what left was recorded.

use features::Session;
use record::Body;

use crate::model::Recorded;

/// By whether the records were laid on a clock, or are rows of a table.
pub(crate) fn recorded(session: &Session) -> Recorded {
    let any = |is: fn(&Body) -> bool| session.records.iter().any(|r| is(&r.body));
    if any(|body| matches!(body, Body::Row { .. })) {
        return Recorded::Table;
    }
    match any(|body| matches!(body, Body::Aligned { .. })) {
        true => Recorded::Capture,
        false => Recorded::Stage,
    }
}
