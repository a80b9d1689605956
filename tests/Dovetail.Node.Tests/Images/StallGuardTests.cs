using Dovetail.Node.Images;

namespace Dovetail.Node.Tests.Images;

public sealed class StallGuardTests
{
    private readonly HandClock time = new();

    [Fact]
    public async Task A_body_that_drips_is_given_up()
    {
        await using var guard = new StallGuard(new Dripping(time, bytes: 1), time);
        var thrown = await Should.ThrowAsync<TimeoutException>(() => DrainAsync(guard));
        thrown.Message.ShouldContain("bytes came in 30 s");
    }

    [Fact]
    public async Task A_slow_body_may_take_as_long_as_it_takes()
    {
        await using var guard = new StallGuard(new Dripping(time, bytes: 2048), time);
        await DrainAsync(guard);
    }

    private static async Task DrainAsync(Stream body)
    {
        var buffer = new byte[4096];
        while (await body.ReadAsync(buffer, TestContext.Current.CancellationToken) > 0)
        {
        }
    }

    /// <summary>Gives so many bytes a second for an hour.</summary>
    private sealed class Dripping(HandClock time, int bytes) : MemoryStream
    {
        private int left = 3600;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (left-- == 0) return 0;
            await Task.Yield();
            time.Advance(TimeSpan.FromSeconds(1));
            return Math.Min(bytes, buffer.Length);
        }
    }

    private sealed class HandClock : TimeProvider
    {
        private long ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Read(ref ticks);

        public void Advance(TimeSpan by) => Interlocked.Add(ref ticks, by.Ticks);
    }
}
