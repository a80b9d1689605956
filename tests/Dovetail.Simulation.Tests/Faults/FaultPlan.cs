namespace Dovetail.Simulation.Tests.Faults;

/// <summary>How often things go wrong between a process and the API; drawn anew for each seed, so that some runs are calm and some are wild.</summary>
public sealed class FaultPlan(Random random)
{
    private readonly double requestLost = Draw(random, 0.05);
    private readonly double answerLost = Draw(random, 0.05);
    private readonly double conflict = Draw(random, 0.08);
    private readonly double watchDropped = Draw(random, 0.03);
    private readonly double watchExpired = Draw(random, 0.02);
    private readonly double eventRepeated = Draw(random, 0.1);
    private readonly double eventLate = Draw(random, 0.3);
    private readonly int slowestCall = 1 + random.Next(400);
    private readonly int slowestEvent = 1 + random.Next(3000);

    /// <summary>False: everything works from now on.</summary>
    public bool Active { get; set; } = true;

    /// <summary>False: no event comes twice, so that it is the server's fault when one does.</summary>
    public bool Repeats { get; init; } = true;

    public Random Random { get; } = random;

    public bool LosesRequest => Strikes(requestLost);

    /// <summary>The write happens, but the writer is never told.</summary>
    public bool LosesAnswer => Strikes(answerLost);

    public bool Conflicts => Strikes(conflict);

    public bool DropsWatch => Strikes(watchDropped);

    public bool ExpiresWatch => Strikes(watchExpired);

    public bool RepeatsEvent => Repeats && Strikes(eventRepeated);

    public TimeSpan CallDelay => TimeSpan.FromMilliseconds(Active ? Random.Next(slowestCall) : 1);

    public TimeSpan EventDelay => Strikes(eventLate) ? TimeSpan.FromMilliseconds(Random.Next(slowestEvent)) : TimeSpan.Zero;

    private static double Draw(Random random, double most) => random.Next(2) == 0 ? 0 : most * random.NextDouble();

    private bool Strikes(double probability) => Active && probability > 0 && Random.NextDouble() < probability;
}
