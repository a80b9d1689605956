using System.Globalization;
using System.Text;
using Dovetail.ApiServer.Registry;
using Dovetail.ApiServer.Security;
using Dovetail.Store;

namespace Dovetail.ApiServer.Http;

/// <summary><c>/metrics</c> in the text format of Prometheus, under upstream's names where upstream has the number.</summary>
internal sealed class MetricsPage(IRevisionStore store, RequestGate gate, RequestMetrics requests, ObjectRegistry registry, CertificateRotation certificates)
{
    public byte[] Render()
    {
        var text = new StringBuilder(16 * 1024);
        requests.Render(text);
        var (reads, writes) = gate.InFlight;
        Header(text, "apiserver_current_inflight_requests", "gauge", "Requests that are served now, long ones left out.");
        text.Append(CultureInfo.InvariantCulture, $"apiserver_current_inflight_requests{{request_kind=\"readOnly\"}} {reads}\napiserver_current_inflight_requests{{request_kind=\"mutating\"}} {writes}\n");
        Objects(text);
        Single(text, "dovetail_apiserver_body_bytes_inflight", "gauge", "Bytes of request bodies in memory.", gate.BytesInFlight);
        Single(text, "dovetail_store_revision", "counter", "The newest revision.", store.Current.Revision);
        Single(text, "dovetail_store_compacted_revision", "counter", "The oldest revision that can be read.", store.CompactedRevision);
        Header(text, "dovetail_certificate_expiration_timestamp_seconds", "gauge", "When the server's own certificates and their authority end, in unix seconds.");
        foreach (var (name, end) in certificates.Ends) text.Append(CultureInfo.InvariantCulture, $"dovetail_certificate_expiration_timestamp_seconds{{certificate=\"{name}\"}} {end.ToUnixTimeSeconds()}\n");
        Process(text);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private void Objects(StringBuilder text)
    {
        Header(text, "apiserver_storage_objects", "gauge", "Objects by resource.");
        Header(text, "apiserver_resource_objects", "gauge", "Objects by resource.");
        var snapshot = store.Current;
        foreach (var resource in registry.Catalog.Resources.Where(r => !r.Virtual).DistinctBy(r => r.StoreName))
        {
            var count = snapshot.Count(resource.StoreName);
            text.Append(CultureInfo.InvariantCulture, $"apiserver_storage_objects{{resource=\"{resource.StoreName}\"}} {count}\n");
            text.Append(CultureInfo.InvariantCulture, $"apiserver_resource_objects{{group=\"{resource.Group}\",resource=\"{resource.Plural}\"}} {count}\n");
        }
    }

    private static void Process(StringBuilder text)
    {
        using var self = System.Diagnostics.Process.GetCurrentProcess();
        Single(text, "process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", Environment.WorkingSet);
        Single(text, "process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.", self.VirtualMemorySize64);
        Single(text, "process_cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds.", self.TotalProcessorTime.TotalSeconds);
        Single(text, "process_start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds.", new DateTimeOffset(self.StartTime).ToUnixTimeMilliseconds() / 1e3);
        Single(text, "process_threads", "gauge", "Threads of the process.", self.Threads.Count);
        Single(text, "dotnet_gc_heap_bytes", "gauge", "Bytes on the managed heap.", GC.GetTotalMemory(forceFullCollection: false));
    }

    private static void Header(StringBuilder text, string name, string type, string help) => text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");

    private static void Single(StringBuilder text, string name, string type, string help, double value)
    {
        Header(text, name, type, help);
        text.Append(CultureInfo.InvariantCulture, $"{name} {value}\n");
    }
}
