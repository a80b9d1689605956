namespace Dovetail.Launcher.Guest;

/// <summary>What is done now to stop a guest.</summary>
internal enum StopStep
{
    PressPowerButton,

    /// <summary>A guest whose vCPUs stand still cannot answer the power button.</summary>
    ResumeAndPressPowerButton,

    Destroy,
}

/// <summary>Decides how a guest that is to stop is brought to it: by the power button until its grace period is over, then by force. Pure.</summary>
internal static class StopPlanner
{
    /// <summary>An operating system that is still booting does not hear the power button; it is pressed again until it does.</summary>
    private static readonly TimeSpan PressAgainAfter = TimeSpan.FromSeconds(5);

    /// <param name="paused">The guest's vCPUs stand still.</param>
    /// <param name="left">Of the grace period; it may be negative.</param>
    /// <returns>What to do now, and when to ask again.</returns>
    public static (StopStep Step, TimeSpan AskAgain) Decide(bool paused, TimeSpan left)
    {
        if (left <= TimeSpan.Zero) return (StopStep.Destroy, PressAgainAfter);
        return (paused ? StopStep.ResumeAndPressPowerButton : StopStep.PressPowerButton, left < PressAgainAfter ? left : PressAgainAfter);
    }
}
