using System.Collections.Immutable;
using Dovetail.Machinery.Errors;

namespace Dovetail.Machinery.Endpoints;

/// <summary>Who asks: the authenticated user of a request.</summary>
public sealed record UserInfo(string Name, ImmutableArray<string> Groups)
{
    public const string MastersGroup = "system:masters";

    public string Uid { get; init; } = "";

    /// <summary>What the authenticator knows beyond that; keys are in lower case (<c>authentication.kubernetes.io/pod-name</c>).</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<string>> Extra { get; init; } = NoExtra;

    /// <summary>Whether the user may do everything, always.</summary>
    public bool IsMaster
    {
        get
        {
            foreach (var group in Groups)
            {
                if (group == MastersGroup) return true;
            }

            return false;
        }
    }

    public static ImmutableSortedDictionary<string, ImmutableArray<string>> NoExtra { get; } = ImmutableSortedDictionary.Create<string, ImmutableArray<string>>(StringComparer.Ordinal);

    /// <summary>The platform's own components running inside the server process.</summary>
    public static UserInfo Component(string name) => new($"system:dovetail:{name}", [MastersGroup, "system:authenticated"]);
}

/// <summary>What is asked for: a resource in a version, optionally one object and one of its subresources.</summary>
public sealed record ObjectTarget
{
    public required UserInfo User { get; init; }

    public required string Group { get; init; }

    public required string Version { get; init; }

    /// <summary>The plural, lower case.</summary>
    public required string Resource { get; init; }

    /// <summary>"" for the object itself; <c>status</c>, <c>scale</c>, <c>binding</c>, <c>eviction</c>, …</summary>
    public string Subresource { get; init; } = "";

    /// <summary>"" for cluster-scoped resources and for all namespaces.</summary>
    public string Namespace { get; init; } = "";

    public string Name { get; init; } = "";
}

/// <summary>One object as it is sent, with the revision that it has.</summary>
public readonly record struct ObjectBytes(long Revision, ReadOnlyMemory<byte> Json);

public sealed record ListOptions
{
    /// <summary>A past moment (an RFC 3339 time) or revision to list at; "" for now. Our extension.</summary>
    public string AsOf { get; init; } = "";

    public string LabelSelector { get; init; } = "";

    public string FieldSelector { get; init; } = "";

    public string ResourceVersion { get; init; } = "";

    /// <summary>"", Exact or NotOlderThan.</summary>
    public string ResourceVersionMatch { get; init; } = "";

    public long Limit { get; init; }

    public string Continue { get; init; } = "";
}

public sealed record WatchOptions
{
    public string LabelSelector { get; init; } = "";

    public string FieldSelector { get; init; } = "";

    /// <summary>"" or "0": from now; otherwise resume after that revision.</summary>
    public string ResourceVersion { get; init; } = "";

    public bool AllowBookmarks { get; init; }

    /// <summary>Whether current objects come first, as ADDED, and (with <see cref="AllowBookmarks"/>) then a bookmark annotated <c>k8s.io/initial-events-end</c>: a streaming list.
    /// Null: only when <see cref="ResourceVersion"/> is "" or "0".</summary>
    public bool? SendInitialEvents { get; init; }

    public TimeSpan? Timeout { get; init; }
}

/// <summary>A consistent list. <see cref="Items"/> carry their own kind and apiVersion; the front strips them where upstream does. A list of everything is a view of the store's snapshot and
/// copies nothing: it is walked, not indexed.</summary>
public sealed record ObjectListing(long Revision, IReadOnlyCollection<ObjectBytes> Items, string Continue, long? RemainingItemCount);

public enum ObjectEventType
{
    Added,
    Modified,
    Deleted,
    Bookmark,
}

/// <summary>One watch event. A bookmark has only a revision; <see cref="InitialEventsEnd"/> marks the end of a streaming list.</summary>
public readonly record struct ObjectEvent(ObjectEventType Type, ObjectBytes Object, bool InitialEventsEnd = false);

public sealed record WriteOptions
{
    public bool DryRun { get; init; }

    /// <summary>The field manager; "" lets the front derive it from the user agent.</summary>
    public string FieldManager { get; init; } = "";

    /// <summary>Strict, Warn (default) or Ignore.</summary>
    public string FieldValidation { get; init; } = "";

    /// <summary>What the reader of the body's text has to say about it, beyond what is seen in the JSON: keys that a YAML mapping has twice.</summary>
    public ImmutableArray<string> Findings { get; init; } = [];

    /// <summary>Apply patches only: take over fields that another manager owns.</summary>
    public bool Force { get; init; }
}

public sealed record DeleteOptions
{
    public bool DryRun { get; init; }

    public long? GracePeriodSeconds { get; init; }

    /// <summary>"", Background, Foreground or Orphan.</summary>
    public string PropagationPolicy { get; init; } = "";

    public string PreconditionUid { get; init; } = "";

    public string PreconditionResourceVersion { get; init; } = "";
}

public enum PatchType
{
    Json,
    Merge,
    StrategicMerge,
    ApplyYaml,
}

/// <summary>The outcome of a write: the object now (or as deleted), whether this request created it, whether a delete removed it at once
/// (false: it waits for finalizers or a grace period), and warnings for the client.</summary>
public sealed record WriteResult(ObjectBytes Object, bool Created, bool Removed, ImmutableArray<string> Warnings);

/// <summary>The API by bytes: what the HTTP front serves and what the embedded engine of the seam calls. Every call is authorised, admitted and validated here,
/// the same for both. Refusals are <see cref="StatusException"/>.</summary>
public interface IObjectApi
{
    ValueTask<ObjectBytes> GetAsync(ObjectTarget target, string resourceVersion, CancellationToken ct);

    ValueTask<ObjectListing> ListAsync(ObjectTarget target, ListOptions options, CancellationToken ct);

    /// <summary>Refusals are thrown by the first <c>MoveNextAsync</c>; a revision that is compacted later ends the sequence with a StatusException 410.</summary>
    IAsyncEnumerable<ObjectEvent> WatchAsync(ObjectTarget target, WatchOptions options, CancellationToken ct);

    ValueTask<WriteResult> CreateAsync(ObjectTarget target, ReadOnlyMemory<byte> json, WriteOptions options, CancellationToken ct);

    ValueTask<WriteResult> UpdateAsync(ObjectTarget target, ReadOnlyMemory<byte> json, WriteOptions options, CancellationToken ct);

    ValueTask<WriteResult> PatchAsync(ObjectTarget target, PatchType type, ReadOnlyMemory<byte> patch, WriteOptions options, CancellationToken ct);

    ValueTask<WriteResult> DeleteAsync(ObjectTarget target, DeleteOptions options, CancellationToken ct);

    ValueTask<ObjectListing> DeleteCollectionAsync(ObjectTarget target, ListOptions selection, DeleteOptions options, CancellationToken ct);
}
