use thiserror::Error;

/// Why voices cannot be heard.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Error {
    /// The bytes are no file of weights.
    #[error(
        "the model is no file of weights (safetensors); make it again with `cargo xtask models`"
    )]
    NoModel,
    /// A tensor is not there, or has another shape or type.
    #[error(
        "the model's tensor {0} is missing or has another shape; make the model again with `cargo xtask models`"
    )]
    Tensor(String),
}
