namespace Dovetail.Node.Images;

/// <summary>Work that several ask for at once is done once. It belongs to all who wait for it: one of them going away does not end it, the last one does.</summary>
internal sealed class SharedWork<T>
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Shared> running = [];

    public async Task<T> JoinAsync(string key, Func<CancellationToken, Task<T>> work, CancellationToken ct)
    {
        Shared shared;
        lock (gate)
        {
            if (!running.TryGetValue(key, out shared!) || shared.Work.IsCompleted) running[key] = shared = new Shared(work);
            shared.Waiting++;
        }

        try
        {
            return await shared.Work.WaitAsync(ct);
        }
        finally
        {
            Leave(key, shared);
        }
    }

    /// <summary>What is given up leaves the table before it is cancelled: who comes now starts anew and never meets the cancelled one.</summary>
    private void Leave(string key, Shared shared)
    {
        lock (gate)
        {
            if (--shared.Waiting > 0) return;
            if (running.GetValueOrDefault(key) == shared) running.Remove(key);
        }

        shared.Stop.Cancel();
    }

    private sealed class Shared
    {
        public Shared(Func<CancellationToken, Task<T>> work) => Work = RunAsync(work);

        public CancellationTokenSource Stop { get; } = new(); // without a timer there is nothing to dispose

        public Task<T> Work { get; }

        public int Waiting { get; set; }

        private async Task<T> RunAsync(Func<CancellationToken, Task<T>> work)
        {
            await Task.Yield(); // out of the caller's lock
            return await work(Stop.Token);
        }
    }
}
