fn main() {
    let net = voices::Campplus::new(voices::models::CAMPPLUS).unwrap();
    let sound: Vec<f32> = (0..16000 * 3).map(|i| ((i * i) as f32 * 0.0001).sin() * 0.3).collect();
    for _ in 0..40 { net.embed(&sound); }
}
