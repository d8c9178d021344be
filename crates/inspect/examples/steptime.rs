use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};
use inspect::{Dissector, Inspector};
use wire::capture::Reader;
fn main() { let ch: usize = std::env::var("CH").map_or(256, |n| n.parse().unwrap()) << 10;
    let path = std::env::args().nth(1).unwrap();
    let file = std::fs::File::open(path).unwrap();
    let times = std::env::args().nth(2).map_or(5, |n| n.parse().unwrap());
    let mut best = [Duration::MAX; 4];
    for _ in 0..times {
        let (mut reader, mut d, mut i) = (Reader::default(), Dissector::default(), Inspector::default());
        let mut buf = vec![0u8; ch + 8192 + 65536];
        let al = 65536 + buf[65536..].as_ptr().align_offset(4096);
        let mut rest: Vec<u8> = Vec::new();
        let mut at = 0u64;
        let mut t = [Duration::ZERO; 4];
        loop {
            let a = Instant::now();
            let n = file.read_at(&mut buf[al..al + ch], at).unwrap();
            if n == 0 { break; }
            at += n as u64;
            let b = Instant::now();
            let from = al - rest.len();
            buf[from..al].copy_from_slice(&rest);
            let used = reader.read(&buf[from..al + n], &mut d).unwrap();
            rest.clear();
            rest.extend_from_slice(&buf[from + used..al + n]);
            let c = Instant::now();
            i.add(&d.packets, &buf[from..]);
            d.packets.clear();
            let e = Instant::now();
            t[0] += b - a; t[1] += c - b; t[2] += e - c; t[3] += e - a;
        }
        let ins = i.finish(&d);
        for k in 0..4 { best[k] = best[k].min(t[k]); }
        std::hint::black_box(ins.packets);
        if std::env::args().nth(3).is_some() { println!("{} packets {} findings", ins.packets, ins.findings.len()); }
    }
    println!("read {:.3} dissect {:.3} inspect {:.3} all {:.3}", best[0].as_secs_f64(), best[1].as_secs_f64(), best[2].as_secs_f64(), best[3].as_secs_f64());
}
