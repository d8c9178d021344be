fn main() {
    let model = std::fs::read(std::env::args().nth(1).unwrap()).unwrap();
    let vad = std::fs::read(std::env::args().nth(2).unwrap()).unwrap();
    let net = voices::Campplus::new(&model).unwrap();
    let vad = voices::Silero::new(&vad).unwrap();
    let sound: Vec<f32> = (0..16000 * 3).map(|i| ((i * i) as f32 * 0.0001).sin() * 0.3).collect();
    for s in [1, 2, 3] {
        let t = std::time::Instant::now();
        for _ in 0..20 { net.embed(&sound[..s * 16000]); }
        let e = t.elapsed().as_secs_f64() / 20.0;
        println!("{s} s: {:.2} ms = {:.0}x", e * 1e3, s as f64 / e);
    }
    let t = std::time::Instant::now();
    for _ in 0..20 { vad.windows(&sound); }
    let e = t.elapsed().as_secs_f64() / 20.0;
    println!("vad 3 s: {:.2} ms = {:.0}x", e * 1e3, 3.0 / e);
}
