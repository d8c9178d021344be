use crate::DIMENSIONS;

/// What a voice sounds like: a direction in 192 dimensions, kept in a byte for each.
///
/// Rounding moves the cosine of two embeddings by less than 0.001; a million of them take 200 MB.
#[derive(Clone, PartialEq)]
pub struct Embedding([i8; DIMENSIONS]);

impl Embedding {
    /// The direction of `values`; nothing where they have none.
    pub fn new(values: &[f32; DIMENSIONS]) -> Option<Embedding> {
        let most = values.iter().fold(0.0f32, |most, v| most.max(v.abs()));
        if !(most.is_finite() && most > 0.0) {
            return None;
        }
        Some(Embedding(values.map(|v| (v / most * 127.0).round() as i8)))
    }

    /// From the bytes of [`Embedding::bytes`]; nothing where they are not as many or all zero.
    pub fn from_bytes(bytes: &[u8]) -> Option<Embedding> {
        let bytes: &[u8; DIMENSIONS] = bytes.try_into().ok()?;
        let any = bytes.iter().any(|b| *b != 0);
        any.then(|| Embedding(bytes.map(u8::cast_signed)))
    }

    /// One byte a dimension.
    pub fn bytes(&self) -> [u8; DIMENSIONS] {
        self.0.map(i8::cast_unsigned)
    }

    /// The direction, of length one.
    pub fn unit(&self) -> [f32; DIMENSIONS] {
        let squares: f32 = self.0.iter().map(|v| f32::from(*v).powi(2)).sum();
        let length = squares.sqrt();
        self.0.map(|v| f32::from(v) / length)
    }

    /// Cosine of the angle between two, -1 to 1.
    pub fn cosine(&self, other: &Embedding) -> f32 {
        let dot = |a: &[i8], b: &[i8]| -> i32 {
            a.iter()
                .zip(b)
                .map(|(a, b)| i32::from(*a) * i32::from(*b))
                .sum()
        };
        let lengths = (dot(&self.0, &self.0) as f32 * dot(&other.0, &other.0) as f32).sqrt();
        dot(&self.0, &other.0) as f32 / lengths
    }
}

/// No numbers: they are biometric, and whoever prints what holds them must not print them.
impl std::fmt::Debug for Embedding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Embedding(..)")
    }
}
