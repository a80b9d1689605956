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

    /// <summary>The node could not keep what came.</summary>
    NodeTrouble,
}

/// <summary>An image pull that failed: what happened, and what its user can do about it.</summary>
public sealed class ImagePullException(PullFailure failure, string happened, Exception? inner = null) : IOException($"{happened}: {NextStep(failure)}", inner)
{
    private const int NoSpaceLeft = 28;

    public PullFailure Failure { get; } = failure;

    /// <summary>A failure of any kind as one that a user can read.</summary>
    internal static ImagePullException Of(Exception? cause) => cause switch
    {
        ImagePullException known => known,
        IOException { HResult: NoSpaceLeft } full => new(PullFailure.NoSpace, $"the node's disk is full ({full.Message})", full),
        null or OperationCanceledException => new(PullFailure.NodeTrouble, "the pull was broken off", cause),
        _ => new(PullFailure.NodeTrouble, cause.Message, cause),
    };

    private static string NextStep(PullFailure failure) => failure switch
    {
        PullFailure.InvalidName => "give it as [registry[:port]/]repository[:tag], in lower case",
        PullFailure.NotFound => "check the name and the tag, or push the image",
        PullFailure.Unauthorized => "make it public, or push it to the platform's own registry; pull secrets are not supported yet",
        PullFailure.Unreachable => "check the image's name and that its registry runs; it is asked again by itself",
        PullFailure.Garbage => "check that an image registry answers there, and push the image again",
        PullFailure.NoDisk => "build the image with one qcow2 or raw file in /disk",
        PullFailure.TooLarge => "use a smaller one",
        PullFailure.NoSpace => "free space there; the image is pulled again by itself",
        PullFailure.NeverPull => "use the policy IfNotPresent or Always",
        PullFailure.NodeTrouble => "it is tried again by itself; if that does not help, see the node's log",
    };
}
