using System.Globalization;
using Dovetail.Simulation.Tests.Faults;
using Dovetail.Simulation.Tests.Scenarios;

namespace Dovetail.Simulation.Tests;

/// <summary>Runs seeds.</summary>
internal static class Seeds
{
    /// <summary>The seed that alone is to be run (DOVETAIL_SIM_SEED); null for all.</summary>
    public static int? Only => Setting("DOVETAIL_SIM_SEED");

    /// <summary>A number in the environment.</summary>
    public static int? Setting(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    /// <summary>The first broken promise of a run, or how it ended; null when all is well.</summary>
    public static string? Outcome(Scenario scenario)
    {
        try
        {
            return scenario.Run();
        }
        catch (Exception failure)
        {
            return failure.ToString();
        }
    }

    /// <summary>The first of so many seeds that finds this, and its words; null when none does.</summary>
    public static string? FirstFinding(int seeds, FaultyParts faulty, string symptom) => Enumerable.Range(1, seeds)
        .Select(seed => (Seed: seed, Found: Outcome(new Scenario(seed, faulty))))
        .Where(run => run.Found?.Contains(symptom, StringComparison.Ordinal) == true)
        .Select(run => $"seed {run.Seed}: {run.Found}")
        .FirstOrDefault();

    /// <summary>The command that runs one seed again.</summary>
    public static string Replay(int seed) => string.Create(CultureInfo.InvariantCulture, $"./dovetail test sim --seed {seed}");
}
