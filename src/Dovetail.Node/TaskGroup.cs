namespace Dovetail.Node;

/// <summary>Tasks that live and die together.</summary>
internal static class TaskGroup
{
    /// <summary>Runs all; when one fails or is cancelled the others are cancelled too, and only when all have ended does this end, with the first failure. One that ends well leaves the
    /// others running.</summary>
    public static async Task RunAsync(CancellationToken ct, params Func<CancellationToken, Task>[] members)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        await Task.WhenAll(members.Select(member => RunMemberAsync(member, end)));
    }

    private static async Task RunMemberAsync(Func<CancellationToken, Task> member, CancellationTokenSource end)
    {
        try
        {
            await member(end.Token);
        }
        catch
        {
            await end.CancelAsync();
            throw;
        }
    }
}
