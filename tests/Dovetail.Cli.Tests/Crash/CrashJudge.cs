namespace Dovetail.Cli.Tests.Crash;

/// <summary>
/// Compares what clients saw with the order that the server says it had: every state of every register, by revision. That order is a linearisation of all calls when each acknowledged write is in it where
/// its answer says, each write replaced what it demanded, each read saw what was there, and whatever ended before a call began comes before it. Pure.
/// </summary>
internal static class CrashJudge
{
    /// <param name="record">What the clients saw.</param>
    /// <param name="truth">All events from the first to the last revision, as read when the run was over.</param>
    /// <returns>What is wrong, each with what happened around it; empty when all is well.</returns>
    public static IReadOnlyList<string> Judge(CrashRecord record, IReadOnlyList<Told> truth)
    {
        var faults = new List<string>(record.Complaints);
        var states = truth.GroupBy(told => told.Object).ToDictionary(same => same.Key, same => same.ToList());
        JudgeWatches(record, truth, faults);
        JudgeWrites(record, states, faults);
        JudgeReads(record, states, faults);
        JudgeLists(record, states, faults);
        JudgeTime(record, faults);
        return faults;
    }

    /// <summary>No revision seen twice, skipped or out of order.</summary>
    private static void JudgeWatches(CrashRecord record, IReadOnlyList<Told> truth, List<string> faults)
    {
        foreach (var (watch, queue) in record.Watches)
        {
            var told = queue.ToList();
            var expected = told.Count == 0 ? [] : truth.Where(one => one.Resource == told[0].Resource && one.Revision >= told[0].Revision && one.Revision <= told[^1].Revision).ToList();
            if (told.SequenceEqual(expected)) continue;
            var at = Enumerable.Range(0, Math.Max(told.Count, expected.Count)).First(i => told.ElementAtOrDefault(i) != expected.ElementAtOrDefault(i));
            faults.Add($"watch {watch}: event {at} is {told.ElementAtOrDefault(at)}, and {expected.ElementAtOrDefault(at)} was due; around it:\n    {string.Join("\n    ", told.Skip(Math.Max(0, at - 3)).Take(7))}");
        }
    }

    private static void JudgeWrites(CrashRecord record, Dictionary<string, List<Told>> states, List<string> faults)
    {
        foreach (var call in record.Calls.Where(call => call.Verb != "get"))
        {
            var history = states.GetValueOrDefault(call.Object) ?? [];
            var at = history.FindIndex(state => state.Value == call.Value);
            if (call.Ended == Ended.Done && (at < 0 || history[at].Revision != call.Revision)) Add("acknowledged and lost", call, history, faults);
            if (call.Ended is Ended.Refused or Ended.Absent && at >= 0) Add("refused and done all the same", call, history, faults);
            if (at < 0 || call.Ended is not (Ended.Done or Ended.Unknown)) continue;
            var before = at == 0 || history[at - 1].Value.Length == 0 ? 0 : history[at - 1].Revision;
            if (before != call.Expected) Add($"wrote over revision {before}", call, history, faults);
        }
    }

    /// <summary>A read shows a state that there was, and none that was over when the read began.</summary>
    private static void JudgeReads(CrashRecord record, Dictionary<string, List<Told>> states, List<string> faults)
    {
        foreach (var calls in record.Calls.GroupBy(call => call.Object))
        {
            var history = states.GetValueOrDefault(calls.Key) ?? [];
            var known = calls.Where(call => call.Ended == Ended.Done).OrderBy(call => call.End).ToList();
            foreach (var read in calls.Where(call => call.Verb == "get" && call.Ended is Ended.Done or Ended.Absent))
            {
                var newest = known.TakeWhile(call => call.End < read.Start).Select(call => call.Revision).DefaultIfEmpty(0).Max();
                var fits = read.Ended == Ended.Done
                    ? read.Revision >= newest && history.Exists(state => state.Revision == read.Revision && state.Value == read.Value)
                    : newest == 0 || history.Exists(state => state.Revision >= newest && state.Value.Length == 0);
                if (!fits) Add($"read, though revision {newest} was known", read, history, faults);
            }
        }
    }

    /// <summary>A list is the state at its revision, whole, however many chunks and crashes it took.</summary>
    private static void JudgeLists(CrashRecord record, Dictionary<string, List<Told>> states, List<string> faults)
    {
        foreach (var list in record.Lists)
        {
            var there = states.Where(pair => pair.Value[0].Resource == list.Resource)
                .Select(pair => (Object: pair.Key, State: pair.Value.LastOrDefault(state => state.Revision <= list.Revision)))
                .Where(pair => pair.State is { Value.Length: > 0 })
                .ToDictionary(pair => pair.Object, pair => pair.State!.Revision);
            var wrong = there.Keys.Union(list.Objects.Keys).Where(name => there.GetValueOrDefault(name) != list.Objects.GetValueOrDefault(name)).ToList();
            if (wrong.Count > 0) faults.Add($"the list at revision {list.Revision} shows {wrong[0]} at {list.Objects.GetValueOrDefault(wrong[0])}, it was at {there.GetValueOrDefault(wrong[0])}");
        }
    }

    /// <summary>What was acknowledged before a write began has an older revision, on whatever object.</summary>
    private static void JudgeTime(CrashRecord record, List<string> faults)
    {
        var writes = record.Calls.Where(call => call.Verb != "get" && call.Ended == Ended.Done).ToList();
        var ended = writes.OrderBy(call => call.End).ToList();
        var (next, newest) = (0, 0L);
        foreach (var write in writes.OrderBy(call => call.Start))
        {
            for (; next < ended.Count && ended[next].End < write.Start; next++) newest = Math.Max(newest, ended[next].Revision);
            if (write.Revision <= newest) faults.Add($"{write}: revision {newest} was acknowledged before it began");
        }
    }

    private static void Add(string what, Call call, List<Told> history, List<string> faults)
    {
        var near = history.Where(state => Math.Abs(state.Revision - Math.Max(call.Revision, call.Expected)) < 30);
        faults.Add($"{what}: {call}; the server's history around it:\n    {string.Join("\n    ", near)}");
    }
}
