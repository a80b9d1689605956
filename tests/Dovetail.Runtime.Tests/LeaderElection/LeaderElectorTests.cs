using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Runtime.Engines;
using Dovetail.Runtime.LeaderElection;
using Dovetail.Runtime.Seam;
using Dovetail.Store;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Dovetail.Runtime.Tests.LeaderElection;

/// <summary>Two candidates, one lease, a clock that the test turns by hand: a second at a time, so that two leaders at once would be seen.</summary>
public sealed class LeaderElectorTests
{
    private const string Namespace = "kube-system";

    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
    private readonly Loop loop = new();
    private readonly ObjectRegistry registry;
    private readonly Candidate first;
    private readonly Candidate second;

    public LeaderElectorTests()
    {
        registry = new ObjectRegistry(new ObjectRegistryOptions { Store = new MemoryRevisionStore(), Time = time });
        var api = new EmbeddedKubeApi(registry, UserInfo.Component("test"), new ParsedRevisions());
        loop.Run(() => _ = api.CreateAsync(BuiltInTypes.Namespaces, new V1Namespace { Metadata = new V1ObjectMeta { Name = Namespace } }, default));
        first = new Candidate(this, "first");
        second = new Candidate(this, "second");
    }

    [Fact]
    public void Only_one_leads_as_long_as_it_renews()
    {
        first.Start();
        second.Start();
        Pass(TimeSpan.FromMinutes(2));
        (first.Leads, second.Leads).ShouldBe((true, false));
    }

    [Fact]
    public void A_leader_that_stops_gives_the_lease_back_so_the_next_one_need_not_wait_for_its_end()
    {
        first.Start();
        second.Start();
        Pass(TimeSpan.FromSeconds(5));
        first.Stop();
        Pass(TimeSpan.FromSeconds(3));
        (first.Leads, second.Leads).ShouldBe((false, true));
        Lease().LeaseTransitions.ShouldBe(1);
    }

    [Fact]
    public void A_leader_without_the_API_stops_leading_before_another_one_begins()
    {
        first.Start();
        second.Start();
        Pass(TimeSpan.FromSeconds(5));
        first.Line.IsCut = true;
        Pass(TimeSpan.FromSeconds(11));
        (first.Leads, second.Leads).ShouldBe((false, false));
        Pass(TimeSpan.FromSeconds(8));
        (first.Leads, second.Leads).ShouldBe((false, true));

        first.Line.IsCut = false;
        Pass(TimeSpan.FromMinutes(1));
        (first.Leads, second.Leads).ShouldBe((false, true));
    }

    [Fact]
    public void A_leader_that_dies_without_a_word_is_followed_when_its_lease_has_run_out()
    {
        first.Start();
        second.Start();
        Pass(TimeSpan.FromSeconds(5));
        first.Die();
        Pass(TimeSpan.FromSeconds(10));
        second.Leads.ShouldBeFalse();
        Pass(TimeSpan.FromSeconds(10));
        second.Leads.ShouldBeTrue();
    }

    [Theory]
    [InlineData(3600)]
    [InlineData(-3600)]
    public void A_candidate_whose_clock_is_wrong_neither_steals_the_lease_nor_waits_for_ever(int seconds)
    {
        second.Clock.Error = TimeSpan.FromSeconds(seconds);
        first.Start();
        second.Start();
        Pass(TimeSpan.FromMinutes(1));
        (first.Leads, second.Leads).ShouldBe((true, false));
        first.Die();
        Pass(TimeSpan.FromSeconds(20));
        second.Leads.ShouldBeTrue();
    }

    [Fact]
    public void Work_that_goes_on_after_the_term_keeps_its_candidate_from_leading_anew()
    {
        first.LingersFor = TimeSpan.FromSeconds(30);
        first.Start();
        Pass(TimeSpan.FromSeconds(5));
        first.Line.IsCut = true;
        Pass(TimeSpan.FromSeconds(12));
        first.Line.IsCut = false;
        Pass(TimeSpan.FromSeconds(10));
        (first.Leads, first.Terms).ShouldBe((false, 1));
        Pass(TimeSpan.FromSeconds(30));
        (first.Leads, first.Terms).ShouldBe((true, 2));
    }

    private V1LeaseSpec Lease()
    {
        V1Lease? lease = null;
        var api = new EmbeddedKubeApi(registry, UserInfo.Component("test"), new ParsedRevisions());
        loop.Run(async () => lease = await api.FindAsync(BuiltInTypes.Leases, Namespace, "controllers", default));
        return lease!.Spec;
    }

    private void Pass(TimeSpan duration)
    {
        for (var second = 0; second < duration.TotalSeconds; second++)
        {
            loop.Run(() => time.Advance(TimeSpan.FromSeconds(1)));
            (first.Leads && this.second.Leads).ShouldBeFalse($"two lead at {time.GetUtcNow():T}");
        }
    }

    private sealed class Candidate
    {
        private readonly LeaderElectorTests test;
        private readonly LeaderElector elector;
        private readonly CancellationTokenSource stop = new();

        public Candidate(LeaderElectorTests test, string name)
        {
            this.test = test;
            Clock = new SkewedTime(test.time);
            Line = new CutApi(test.registry);
            var options = new LeaderElectionOptions { Namespace = Namespace, LeaseName = "controllers", Identity = name };
            var api = new EmbeddedKubeApi(Line, UserInfo.Component(name), new ParsedRevisions());
            elector = new LeaderElector(api, options, Clock, new Random(1), NullLogger<LeaderElector>.Instance);
        }

        public SkewedTime Clock { get; }

        public CutApi Line { get; }

        public bool Leads { get; private set; }

        public int Terms { get; private set; }

        /// <summary>How long the work takes to notice that its term is over.</summary>
        public TimeSpan LingersFor { get; set; }

        public void Start() => test.loop.Run(() => _ = elector.RunAsync(LeadAsync, stop.Token));

        public void Stop() => test.loop.Run(stop.Cancel);

        /// <summary>Neither its lease nor anything else hears of it again.</summary>
        public void Die()
        {
            Line.IsCut = true;
            Stop();
        }

        private async Task LeadAsync(CancellationToken ct)
        {
            Leads = true;
            Terms++;
            await Task.Delay(Timeout.InfiniteTimeSpan, Clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            Leads = false;
            if (LingersFor > TimeSpan.Zero) await Task.Delay(LingersFor, Clock, CancellationToken.None);
        }
    }
}
