namespace Dovetail.EndToEnd.Tests.Platform;

/// <summary>How the guests of one platform have fared so far. Where none of them starts, every further test would wait its full time to learn the same, and a run would take half an hour: it fails at once instead, with the story of the guest that told.</summary>
internal sealed class GuestRecord
{
    /// <summary>In a row, once a guest has run here: one that does not start may be the fault of its own test.</summary>
    private const int MostFailures = 3;

    private bool anyRan;
    private int failures;
    private string lastStory = "";

    /// <summary>What the last guest that did not run told, when there is no hope for the next one; null while there is.</summary>
    public string? Hopeless => failures >= (anyRan ? MostFailures : 1) ? lastStory : null;

    public void Ran() => (anyRan, failures) = (true, 0);

    public void Failed(string story) => (failures, lastStory) = (failures + 1, story);
}
