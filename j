{
	"start":	{
		"connected":	[{
				"socket":	5,
				"local_host":	"127.0.0.1",
				"local_port":	51776,
				"remote_host":	"127.0.0.1",
				"remote_port":	5201
			}],
		"version":	"iperf 3.12",
		"system_info":	"Linux vm 6.18.44-fc-v657 #1 SMP PREEMPT_DYNAMIC @0 x86_64",
		"timestamp":	{
			"time":	"Sun, 22 Nov 2026 18:10:02 GMT",
			"timesecs":	1795371002
		},
		"connecting_to":	{
			"host":	"127.0.0.1",
			"port":	5201
		},
		"cookie":	"pefi5mbkaqphe5vhpetbcoflt3jz7royzpop",
		"tcp_mss_default":	32768,
		"target_bitrate":	0,
		"sock_bufsize":	0,
		"sndbuf_actual":	16384,
		"rcvbuf_actual":	131072,
		"test_start":	{
			"protocol":	"TCP",
			"num_streams":	1,
			"blksize":	131072,
			"omit":	0,
			"duration":	1,
			"bytes":	0,
			"blocks":	0,
			"reverse":	1,
			"tos":	0,
			"target_bitrate":	0
		}
	},
	"intervals":	[{
			"streams":	[{
					"socket":	5,
					"start":	0,
					"end":	1.000052,
					"seconds":	1.0000519752502441,
					"bytes":	3633053696,
					"bits_per_second":	29062919015.511345,
					"omitted":	false,
					"sender":	false
				}],
			"sum":	{
				"start":	0,
				"end":	1.000052,
				"seconds":	1.0000519752502441,
				"bytes":	3633053696,
				"bits_per_second":	29062919015.511345,
				"omitted":	false,
				"sender":	false
			}
		}],
	"end":	{
		"streams":	[{
				"sender":	{
					"socket":	5,
					"start":	0,
					"end":	1.000121247,
					"seconds":	1.000121247,
					"bytes":	3638558720,
					"bits_per_second":	29104940873.23394,
					"retransmits":	0,
					"max_snd_cwnd":	0,
					"max_snd_wnd":	0,
					"max_rtt":	0,
					"min_rtt":	0,
					"mean_rtt":	0,
					"sender":	false
				},
				"receiver":	{
					"socket":	5,
					"start":	0,
					"end":	1.000052,
					"seconds":	1.000052,
					"bytes":	3633053696,
					"bits_per_second":	29062918296.2486,
					"sender":	false
				}
			}],
		"sum_sent":	{
			"start":	0,
			"end":	1.000121247,
			"seconds":	1.000121247,
			"bytes":	3638558720,
			"bits_per_second":	29104940873.23394,
			"retransmits":	0,
			"sender":	false
		},
		"sum_received":	{
			"start":	0,
			"end":	1.000052,
			"seconds":	1.000052,
			"bytes":	3633053696,
			"bits_per_second":	29062918296.2486,
			"sender":	false
		},
		"cpu_utilization_percent":	{
			"host_total":	70.496840604357629,
			"host_user":	3.62957106698556,
			"host_system":	66.8666721098948,
			"remote_total":	24.834088941218145,
			"remote_user":	0.34035873252475751,
			"remote_system":	24.493730208693385
		},
		"sender_tcp_congestion":	"bbr",
		"receiver_tcp_congestion":	"bbr"
	}
}
