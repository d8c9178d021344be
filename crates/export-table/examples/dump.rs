use dice::Dice; use std::io::Write; use std::sync::Mutex; use std::sync::atomic::*;
use export_table::{places::Place, speakers::*};
use voices::*;
fn main() {
    let (owners, others) = speakers(std::path::Path::new("/work/shared/data/audio/speech")).unwrap();
    let ears = Models::new().unwrap();
    let mut jobs = vec![];
    for (s, sp) in owners.iter().chain(&others).enumerate() {
        let n = if s < 5 { 24 } else { 3 };
        for (p, place) in [Place::Clean, Place::Far, Place::Hard, Place::Other].into_iter().enumerate() {
            for len in [1.0, 1.5, 2.0, 3.0, 5.0f64] { for k in 0..n { jobs.push((s, sp, p, place, len, k)); } }
        }
    }
    eprintln!("{} jobs", jobs.len());
    let out = Mutex::new(std::io::BufWriter::new(std::fs::File::create("/tmp/w/ex/emb.f32").unwrap()));
    let next = AtomicUsize::new(0);
    let work = || loop {
        let i = next.fetch_add(1, Ordering::Relaxed);
        if i % 1000 == 0 { eprintln!("{i}"); }
        let Some((s, sp, p, place, len, _)) = jobs.get(i) else { return };
        let mut dice = Dice::new(7, 1, i as u64);
        let u = dice.below(sp.utterances.len());
        let utt = &sp.utterances[u];
        let n = (len * 16000.0) as usize;
        if utt.len() < n { continue; }
        let at = dice.below(utt.len() - n + 1);
        let heard = place.heard(&utt[at..at + n], &mut dice);
        let mut l = Listener::new(&ears);
        l.push(&heard);
        let h = l.finish();
        let piece = h.pieces.iter().max_by(|a, b| a.speech_s.total_cmp(&b.speech_s));
        let mut row = vec![*s as f32, u as f32, *p as f32, *len as f32, h.speech_s as f32, at as f32];
        match piece.and_then(|p| p.voice.as_ref()) { Some(v) => row.extend(v.unit()), None => row.extend([0.0; 192]) }
        let bytes: Vec<u8> = row.iter().flat_map(|v| v.to_le_bytes()).collect();
        out.lock().unwrap().write_all(&bytes).unwrap();
    };
    std::thread::scope(|s| { s.spawn(work); work(); });
}
