using System.Runtime.InteropServices;

namespace Dovetail.Simulation.Tests.Kernel;

/// <summary>
/// The whole simulated world's one thread: work that is ready runs in an order that the seed chooses, and when nothing is ready time jumps to the next timer.
/// The same seed gives the same run, step by step.
/// </summary>
public sealed class SimulationLoop
{
    /// <summary>So many steps without any time passing are no work but a livelock.</summary>
    private const int StepsInOneMoment = 200_000;

    private readonly List<Work> ready = [];
    private readonly PriorityQueue<Timer, (long Due, long Order)> timers = new();
    private readonly Random random;
    private readonly int thread = Environment.CurrentManagedThreadId;
    private long orders;
    private int processes;
    private int stepsNow;

    public SimulationLoop(Random random, DateTimeOffset start)
    {
        this.random = random;
        Now = start;
        Time = new SimulatedTime(this);
    }

    public DateTimeOffset Now { get; private set; }

    /// <summary>The machine's clock. It jumps with <see cref="ClockError"/>; its timers and timestamps, being monotonic, do not.</summary>
    public TimeProvider Time { get; }

    /// <summary>How far the wall clock is off; somebody may set it at any moment.</summary>
    public TimeSpan ClockError { get; set; }

    /// <summary>How many pieces of work have run.</summary>
    public long Steps { get; private set; }

    /// <summary>A fingerprint of the run: which process took a step when, and everything that was <see cref="Note(ReadOnlySpan{byte})">noted</see>.</summary>
    public ulong Trace { get; private set; } = 14695981039346656037;

    /// <summary>Puts something that happened into <see cref="Trace"/>.</summary>
    public void Note(ReadOnlySpan<byte> bytes)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words) Note(word);
        foreach (var rest in bytes[(words.Length * sizeof(ulong))..]) Note(rest);
    }

    public void Post(SimulatedProcess process, SendOrPostCallback callback, object? state)
    {
        // Anything that reaches us from a thread pool makes runs differ: it is a bug of the code under test (a Task.Run, a wrapped task).
        if (Environment.CurrentManagedThreadId != thread)
            throw new InvalidOperationException($"{process.Name} was called from another thread: the code under test has left its synchronization context");
        if (process.IsAlive) ready.Add(new Work(process, callback, state));
    }

    /// <summary>A number for a new process.</summary>
    internal int NextProcess() => ++processes;

    /// <summary>Runs until that moment.</summary>
    public void RunUntil(DateTimeOffset end)
    {
        while (true)
        {
            if (ready.Count > 0) RunOne();
            else if (timers.TryPeek(out var timer, out _) && timer.Due <= end) Fire(timers.Dequeue());
            else break;
        }

        Now = end;
    }

    private void RunOne()
    {
        var chosen = random.Next(ready.Count);
        var work = ready[chosen];
        ready[chosen] = ready[^1];
        ready.RemoveAt(ready.Count - 1);
        if (!work.Process.IsAlive) return;
        Steps++;
        Note((ulong)Now.UtcTicks ^ (ulong)work.Process.Number);
        if (++stepsNow > StepsInOneMoment) throw new InvalidOperationException($"{work.Process.Name} runs in circles without any time passing: {work.State ?? work.Callback.Method.DeclaringType}");
        work.Process.Run(work.Callback, work.State);
    }

    private void Fire(Timer timer)
    {
        if (timer.Cancelled) return;
        if (timer.Due > Now) (Now, stepsNow) = (timer.Due, 0);
        timer.Fired();
    }

    // FNV-1a, a word at a time.
    private void Note(ulong word) => Trace = (Trace ^ word) * 1099511628211;

    private void Schedule(Timer timer) => timers.Enqueue(timer, (timer.Due.UtcTicks, orders++));

    private readonly record struct Work(SimulatedProcess Process, SendOrPostCallback Callback, object? State);

    /// <summary>One setting of a timer; changing the timer makes a new one.</summary>
    private sealed class Timer(DateTimeOffset due, Action fired)
    {
        public DateTimeOffset Due { get; } = due;

        public bool Cancelled { get; set; }

        public Action Fired { get; } = fired;
    }

    private sealed class SimulatedTime(SimulationLoop loop) : TimeProvider
    {
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => loop.Now + loop.ClockError;

        public override long GetTimestamp() => loop.Now.UtcTicks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            // A timer belongs to the process that made it and dies with it.
            var owner = (SynchronizationContext.Current as SimulatedProcess) ?? throw new InvalidOperationException("a timer was made outside every process");
            var timer = new ProcessTimer(loop, owner, callback, state);
            timer.Change(dueTime, period);
            return timer;
        }
    }

    private sealed class ProcessTimer(SimulationLoop loop, SimulatedProcess owner, TimerCallback callback, object? state) : ITimer
    {
        private Timer? setting;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (setting is not null) setting.Cancelled = true;
            setting = null;
            if (dueTime == Timeout.InfiniteTimeSpan) return true;
            // Whole milliseconds: the runtime's own delays are truncated to them, and a wait that ends a fraction too early would begin again for ever.
            setting = new Timer(loop.Now + TimeSpan.FromMilliseconds(Math.Ceiling(dueTime.TotalMilliseconds)), () =>
            {
                if (!owner.IsAlive) return;
                if (period != Timeout.InfiniteTimeSpan && period > TimeSpan.Zero) Change(period, period);
                loop.Post(owner, _ => callback(state), callback);
            });
            loop.Schedule(setting);
            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
