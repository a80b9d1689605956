using System.Collections.Concurrent;

namespace Dovetail.Cli.Tests.Crash;

/// <summary>How a client's request ended, as the client saw it.</summary>
internal enum Ended
{
    /// <summary>Answered with the object.</summary>
    Done,

    /// <summary>Answered that there is no such object.</summary>
    Absent,

    /// <summary>Answered with a refusal: nothing was written.</summary>
    Refused,

    /// <summary>Not answered: what was asked for has happened or not.</summary>
    Unknown,
}

/// <summary>One request of one client. Times are of one clock that only goes forward.</summary>
/// <param name="Verb">get, create or update; an acknowledged deletion counts as a get that found nothing.</param>
/// <param name="Object">Which register.</param>
/// <param name="Expected">The revision that a write demanded; 0: that there is none.</param>
/// <param name="Value">Of a write the value, which no other write has; of a get what was read.</param>
/// <param name="Revision">The revision in the answer.</param>
internal sealed record Call(int Client, string Verb, string Object, long Start, long End, Ended Ended, long Expected, string Value, long Revision)
{
    public override string ToString() => $"client {Client} {Verb} {Object} [{Start}..{End}] {Ended} expected={Expected} value={Value} revision={Revision}";
}

/// <summary>One event that a watch has told. Of a deletion the value is "".</summary>
/// <param name="Object"><c>resource/name</c>.</param>
internal sealed record Told(string Object, long Revision, string Value)
{
    public string Resource => Object[..Object.IndexOf('/')];
}

/// <summary>One complete list of a resource, of however many chunks: which object had which revision.</summary>
internal sealed record Listed(long Revision, IReadOnlyDictionary<string, long> Objects, string Resource);

/// <summary>Everything that the clients of a run saw.</summary>
internal sealed class CrashRecord
{
    public ConcurrentQueue<Call> Calls { get; } = new();

    public ConcurrentQueue<Listed> Lists { get; } = new();

    /// <summary>By watch, in the order in which its events came.</summary>
    public ConcurrentDictionary<int, ConcurrentQueue<Told>> Watches { get; } = new();

    public ConcurrentQueue<string> Complaints { get; } = new();
}
