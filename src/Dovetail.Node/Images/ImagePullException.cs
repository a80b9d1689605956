namespace Dovetail.Node.Images;

/// <summary>Why an image cannot be had.</summary>
public enum PullFailure
{
    /// <summary>The text is no image name.</summary>
    InvalidName,

    /// <summary>The registry answers and has no such repository, tag or digest.</summary>
    NotFound,

    /// <summary>The registry wants other credentials than ours (none).</summary>
    Unauthorized,

    /// <summary>The registry does not answer, or only with server errors.</summary>
    Unreachable,

    /// <summary>What came is not what the registry's protocol or the digests say.</summary>
    Garbage,

    /// <summary>The image is well-formed and has no disk where one is looked for.</summary>
    NoDisk,

    /// <summary>Larger than the configured bound.</summary>
    TooLarge,

    /// <summary>The node's disk cannot hold it.</summary>
    NoSpace,

    /// <summary>Policy Never, and the image is not on this node.</summary>
    NeverPull,
}

/// <summary>An image pull that failed, with a message a user can act on.</summary>
public sealed class ImagePullException(PullFailure failure, string message, Exception? inner = null) : IOException(message, inner)
{
    public PullFailure Failure { get; } = failure;
}
