namespace Dovetail.Simulation.Tests.Kernel;

/// <summary>
/// An operating system process in the simulation: everything that its code awaits continues here. Killing it drops whatever is queued and whatever will be,
/// so it dies between any two of its steps, without a chance to clean up.
/// </summary>
public sealed class SimulatedProcess(SimulationLoop loop, string name) : SynchronizationContext
{
    private Task main = Task.CompletedTask;

    public string Name { get; } = name;

    /// <summary>In the order of their starts.</summary>
    public int Number { get; } = loop.NextProcess();

    public bool IsAlive { get; private set; } = true;

    /// <summary>Why the process ended by itself; null while it runs or after it was killed. Components run for ever, so any end is a bug.</summary>
    public Exception? Failure => IsAlive && main.IsCompleted ? main.Exception?.InnerException ?? new InvalidOperationException($"{Name} ended by itself") : null;

    public void Start(Func<Task> run) => Post(_ => main = run(), null);

    public void Kill() => IsAlive = false;

    public override void Post(SendOrPostCallback d, object? state) => loop.Post(this, d, state);

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("nothing waits synchronously in a process");

    public override SynchronizationContext CreateCopy() => this;

    internal void Run(SendOrPostCallback callback, object? state)
    {
        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            callback(state);
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }
}
