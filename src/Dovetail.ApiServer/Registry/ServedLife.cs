namespace Dovetail.ApiServer.Registry;

/// <summary>The time in which a custom resource is served by one definition. It ends when the definition's spec changes or the definition goes: watches of that time end then, as upstream's do with their storage,
/// and show nothing that was written under another one.</summary>
internal sealed class ServedLife
{
    private readonly CancellationTokenSource ended = new();
    private long last = long.MaxValue;

    /// <summary>Cancelled when it ends.</summary>
    public CancellationToken Ended => ended.Token;

    /// <summary>The newest revision that may belong to it.</summary>
    public long Last => Interlocked.Read(ref last);

    public void End(long revision)
    {
        Interlocked.Exchange(ref last, revision);
        ended.Cancel();
    }
}
