-- A made-up small Lạng Sơn for trials: places, bodies, agencies and people that never existed under these numbers. Run once,
-- on a database without people. Codes, postal codes, plates, cards, names and telephone numbers are inventions; so are the
-- dates, except that districts end and communes are merged on 2025-07-01. Every list works for January 2021 and for today.

insert into administrative_unit (unit_code, unit_level, name_vi, parent_code, valid_from, valid_to)
select unit_code, unit_level, name_vi, parent_code, valid_from::date, valid_to::date from (values
('VN', 'country', 'Việt Nam', null, '2017-01-01', null),
('LS', 'province', 'Tỉnh Lạng Sơn', 'VN', '2017-01-01', null),
('HN', 'province', 'Thành phố Hà Nội', 'VN', '2017-01-01', null),
('BG', 'province', 'Tỉnh Bắc Giang', 'VN', '2017-01-01', '2025-07-01'),
('LS_TP', 'district', 'Thành phố Lạng Sơn', 'LS', '2017-01-01', '2025-07-01'),
('LS_CAOLOC_H', 'district', 'Huyện Cao Lộc', 'LS', '2017-01-01', '2025-07-01'),
('LS_VANLANG_H', 'district', 'Huyện Văn Lãng', 'LS', '2017-01-01', '2025-07-01'),
('LS_LOCBINH_H', 'district', 'Huyện Lộc Bình', 'LS', '2017-01-01', '2025-07-01'),
('LS_HUULUNG_H', 'district', 'Huyện Hữu Lũng', 'LS', '2017-01-01', '2025-07-01'),
('LS_CHILANG_H', 'district', 'Huyện Chi Lăng', 'LS', '2017-01-01', '2025-07-01'),
('LS_BACSON_H', 'district', 'Huyện Bắc Sơn', 'LS', '2017-01-01', '2025-07-01'),
('HN_HOANKIEM_Q', 'district', 'Quận Hoàn Kiếm', 'HN', '2017-01-01', '2025-07-01'),
('LS_CHILANG_P', 'commune', 'Phường Chi Lăng', 'LS_TP', '2017-01-01', '2025-07-01'),
('LS_DONGKINH', 'commune', 'Phường Đông Kinh', 'LS_TP', '2017-01-01', '2025-07-01'),
('LS_DONGKINH', 'commune', 'Phường Đông Kinh', 'LS', '2025-07-01', null),
('LS_DONGDANG', 'commune', 'Thị trấn Đồng Đăng', 'LS_CAOLOC_H', '2017-01-01', '2025-07-01'),
('LS_DONGDANG', 'commune', 'Xã Đồng Đăng', 'LS', '2025-07-01', null),
('LS_BAOLAM', 'commune', 'Xã Bảo Lâm', 'LS_CAOLOC_H', '2017-01-01', '2025-07-01'),
('LS_CAOLOC', 'commune', 'Thị trấn Cao Lộc', 'LS_CAOLOC_H', '2017-01-01', '2025-07-01'),
('LS_CAOLOC', 'commune', 'Xã Cao Lộc', 'LS', '2025-07-01', null),
('LS_CONGSON', 'commune', 'Xã Công Sơn', 'LS_CAOLOC_H', '2017-01-01', '2025-07-01'),
('LS_CONGSON', 'commune', 'Xã Công Sơn', 'LS', '2025-07-01', null),
('LS_TANTHANH', 'commune', 'Xã Tân Thanh', 'LS_VANLANG_H', '2017-01-01', '2025-07-01'),
('LS_TANTHANH', 'commune', 'Xã Tân Thanh', 'LS', '2025-07-01', null),
('LS_LOCBINH', 'commune', 'Thị trấn Lộc Bình', 'LS_LOCBINH_H', '2017-01-01', '2025-07-01'),
('LS_LOCBINH', 'commune', 'Xã Lộc Bình', 'LS', '2025-07-01', null),
('LS_YENKHOAI', 'commune', 'Xã Yên Khoái', 'LS_LOCBINH_H', '2017-01-01', '2025-07-01'),
('LS_MAUSON', 'commune', 'Xã Mẫu Sơn', 'LS_LOCBINH_H', '2017-01-01', '2025-07-01'),
('LS_MAUSON', 'commune', 'Xã Mẫu Sơn', 'LS', '2025-07-01', null),
('LS_HUULUNG', 'commune', 'Thị trấn Hữu Lũng', 'LS_HUULUNG_H', '2017-01-01', '2025-07-01'),
('LS_HUULUNG', 'commune', 'Xã Hữu Lũng', 'LS', '2025-07-01', null),
('LS_HUULIEN', 'commune', 'Xã Hữu Liên', 'LS_HUULUNG_H', '2017-01-01', '2025-07-01'),
('LS_HUULIEN', 'commune', 'Xã Hữu Liên', 'LS', '2025-07-01', null),
('LS_DONGMO', 'commune', 'Thị trấn Đồng Mỏ', 'LS_CHILANG_H', '2017-01-01', '2025-07-01'),
('LS_CHILANG', 'commune', 'Xã Chi Lăng', 'LS', '2025-07-01', null),
('LS_BACSON', 'commune', 'Thị trấn Bắc Sơn', 'LS_BACSON_H', '2017-01-01', '2025-07-01'),
('LS_BACSON', 'commune', 'Xã Bắc Sơn', 'LS', '2025-07-01', null),
('LS_VULE', 'commune', 'Xã Vũ Lễ', 'LS_BACSON_H', '2017-01-01', '2025-07-01'),
('LS_VULE', 'commune', 'Xã Vũ Lễ', 'LS', '2025-07-01', null),
('HN_HOANKIEM', 'commune', 'Phường Hoàn Kiếm', 'HN', '2025-07-01', null)
) as t (unit_code, unit_level, name_vi, parent_code, valid_from, valid_to);

insert into office (office_code, office_level, name_vi, parent_code, unit_code, postal_code, address, always_open, kt1_point, valid_from, valid_to)
select office_code, office_level, name_vi, parent_code, unit_code, postal_code, address, always_open, kt1_point, valid_from::date, valid_to::date from (values
('100900', 'central', 'Bưu điện Trung ương, khai thác KT1 Hà Nội', null, 'HN', '10001', 'Số 5 phố Mẫu, Hà Nội', true, true, '2017-01-01', null),
('240000', 'province', 'Bưu điện tỉnh Lạng Sơn', null, 'LS', '25001', 'Số 1 đường Mẫu, Lạng Sơn', true, true, '2017-01-01', null),
('240100', 'centre', 'Trung tâm Khai thác Vận chuyển Lạng Sơn', '240000', 'LS', '25002', 'Số 9 đường Ga, Lạng Sơn', true, true, '2017-01-01', null),
('240200', 'office', 'Bưu cục Đông Kinh', '240000', 'LS_DONGKINH', '25003', 'Số 20 đường Chợ, Đông Kinh', true, true, '2017-01-01', null),
('243100', 'office', 'Bưu cục Đồng Đăng', '240000', 'LS_DONGDANG', '25101', 'Khu Ga, Đồng Đăng', true, true, '2017-01-01', null),
('243150', 'office', 'Bưu cục cửa khẩu Hữu Nghị', '243100', 'LS_BAOLAM', '25102', 'Khu vực cửa khẩu Hữu Nghị', true, true, '2017-01-01', '2025-07-01'),
('243150', 'office', 'Bưu cục cửa khẩu Hữu Nghị', '243100', 'LS_DONGDANG', '25102', 'Khu vực cửa khẩu Hữu Nghị', true, true, '2025-07-01', null),
('243200', 'office', 'Bưu cục cửa khẩu Tân Thanh', '240000', 'LS_TANTHANH', '25201', 'Khu vực cửa khẩu Tân Thanh', true, true, '2017-01-01', null),
('243300', 'office', 'Bưu cục Cao Lộc', '240000', 'LS_CAOLOC', '25301', 'Khối Một, Cao Lộc', false, true, '2017-01-01', null),
('243500', 'office', 'Bưu cục Lộc Bình', '240000', 'LS_LOCBINH', '25501', 'Khu Chợ, Lộc Bình', false, true, '2017-01-01', null),
('243550', 'office', 'Bưu cục cửa khẩu Chi Ma', '243500', 'LS_YENKHOAI', '25502', 'Khu vực cửa khẩu Chi Ma', false, true, '2017-01-01', '2025-07-01'),
('243550', 'office', 'Bưu cục cửa khẩu Chi Ma', '243500', 'LS_MAUSON', '25502', 'Khu vực cửa khẩu Chi Ma', false, true, '2025-07-01', null),
('244100', 'office', 'Bưu cục Chi Lăng', '240000', 'LS_DONGMO', '25701', 'Khu Ga, Đồng Mỏ', false, true, '2017-01-01', '2025-07-01'),
('244100', 'office', 'Bưu cục Chi Lăng', '240000', 'LS_CHILANG', '25701', 'Khu Ga, Đồng Mỏ', false, true, '2025-07-01', null),
('244300', 'office', 'Bưu cục Hữu Lũng', '240000', 'LS_HUULUNG', '25801', 'Khu Phố Mẫu, Hữu Lũng', false, true, '2017-01-01', null),
('244600', 'office', 'Bưu cục Bắc Sơn', '240000', 'LS_BACSON', '25901', 'Khối Hòa Mẫu, Bắc Sơn', false, true, '2017-01-01', null),
('243310', 'commune_point', 'Điểm BĐ-VHX Công Sơn', '243300', 'LS_CONGSON', '25311', 'Thôn Đỉnh, Công Sơn', false, false, '2017-01-01', null),
('243510', 'commune_point', 'Điểm BĐ-VHX Mẫu Sơn', '243500', 'LS_MAUSON', '25511', 'Thôn Mây, Mẫu Sơn', false, false, '2017-01-01', null),
('244310', 'commune_point', 'Điểm BĐ-VHX Hữu Liên', '244300', 'LS_HUULIEN', '25811', 'Thôn Lân, Hữu Liên', false, false, '2017-01-01', null),
('244610', 'commune_point', 'Điểm BĐ-VHX Vũ Lễ', '244600', 'LS_VULE', '25911', 'Thôn Suối, Vũ Lễ', false, false, '2017-01-01', null)
) as t (office_code, office_level, name_vi, parent_code, unit_code, postal_code, address, always_open, kt1_point, valid_from, valid_to);

insert into postal_code (postal_code, object_kind, object_name, unit_code, valid_from, valid_to)
select postal_code, object_kind, object_name, unit_code, valid_from::date, valid_to::date from (values
('10000', 'commune', 'Hà Nội, trung tâm', 'HN', '2017-01-01', null),
('10010', 'kt1_body', 'Văn phòng Trung ương Đảng', 'HN', '2017-01-01', null),
('10020', 'kt1_body', 'Văn phòng Chủ tịch nước', 'HN', '2017-01-01', null),
('10030', 'kt1_body', 'Văn phòng Quốc hội', 'HN', '2017-01-01', null),
('10040', 'kt1_body', 'Văn phòng Chính phủ', 'HN', '2017-01-01', null),
('25000', 'commune', 'Lạng Sơn, trung tâm', 'LS', '2017-01-01', null),
('25010', 'kt1_body', 'Tỉnh ủy Lạng Sơn', 'LS', '2017-01-01', null),
('25020', 'kt1_body', 'UBND tỉnh Lạng Sơn', 'LS', '2017-01-01', null),
('25100', 'commune', 'Thị trấn Đồng Đăng', 'LS_DONGDANG', '2017-01-01', '2025-07-01'),
('25100', 'commune', 'Xã Đồng Đăng', 'LS_DONGDANG', '2025-07-01', null),
('25200', 'commune', 'Xã Tân Thanh', 'LS_TANTHANH', '2017-01-01', null),
('25300', 'commune', 'Cao Lộc', 'LS_CAOLOC', '2017-01-01', null),
('25310', 'commune', 'Xã Công Sơn', 'LS_CONGSON', '2017-01-01', null),
('25500', 'commune', 'Lộc Bình', 'LS_LOCBINH', '2017-01-01', null),
('25510', 'commune', 'Xã Mẫu Sơn', 'LS_MAUSON', '2017-01-01', null),
('25520', 'commune', 'Xã Yên Khoái', 'LS_YENKHOAI', '2017-01-01', '2025-07-01'),
('25700', 'commune', 'Thị trấn Đồng Mỏ', 'LS_DONGMO', '2017-01-01', '2025-07-01'),
('25700', 'commune', 'Xã Chi Lăng', 'LS_CHILANG', '2025-07-01', null),
('25800', 'commune', 'Hữu Lũng', 'LS_HUULUNG', '2017-01-01', null),
('25810', 'commune', 'Xã Hữu Liên', 'LS_HUULIEN', '2017-01-01', null),
('25900', 'commune', 'Bắc Sơn', 'LS_BACSON', '2017-01-01', null),
('25910', 'commune', 'Xã Vũ Lễ', 'LS_VULE', '2017-01-01', null)
) as t (postal_code, object_kind, object_name, unit_code, valid_from, valid_to);
insert into postal_code (postal_code, object_kind, object_name, unit_code, valid_from, valid_to)
select postal_code, case when kt1_point then 'kt1_point' else 'office' end, name_vi, unit_code, valid_from, valid_to from office;

insert into agency (agency_code, agency_kind, name_vi, unit_code, valid_from, valid_to)
select agency_code, agency_kind, name_vi, unit_code, valid_from::date, valid_to::date from (values
('CA-LS', 'police', 'Công an tỉnh Lạng Sơn', 'LS', '2017-01-01', null),
('HQ-LS', 'customs', 'Hải quan Lạng Sơn', 'LS', '2017-01-01', null),
('QLTT-LS', 'market_surveillance', 'Quản lý thị trường Lạng Sơn', 'LS', '2017-01-01', null),
('BP-LS', 'border_guard', 'Bộ đội Biên phòng tỉnh Lạng Sơn', 'LS', '2017-01-01', null),
('SO-LS', 'department', 'Sở Thông tin và Truyền thông tỉnh Lạng Sơn', 'LS', '2017-01-01', '2025-07-01'),
('SO-LS', 'department', 'Sở Khoa học và Công nghệ tỉnh Lạng Sơn', 'LS', '2025-07-01', null),
('BCD389-LS', 'steering_committee', 'Ban Chỉ đạo 389 tỉnh Lạng Sơn', 'LS', '2017-01-01', null),
('CBDTW', 'central_post', 'Cục Bưu điện Trung ương', 'HN', '2017-01-01', null),
('VT-MAU1', 'telecom', 'Doanh nghiệp viễn thông Mẫu Một', 'LS', '2017-01-01', null),
('VT-MAU2', 'telecom', 'Doanh nghiệp viễn thông Mẫu Hai', 'LS', '2017-01-01', null),
('UBND-CLOC', 'district', 'UBND huyện Cao Lộc', 'LS', '2017-01-01', '2025-07-01')
) as t (agency_code, agency_kind, name_vi, unit_code, valid_from, valid_to);

insert into served_body (body_code, body_kind, name_vi, focal_unit, guard_on_request, valid_from, valid_to)
select body_code, body_kind, name_vi, focal_unit, guard_on_request, valid_from::date, valid_to::date from (values
('LS-TU', 'party', 'Tỉnh ủy Lạng Sơn', 'Văn phòng Tỉnh ủy', false, '2017-01-01', null),
('LS-UBND', 'state', 'UBND tỉnh Lạng Sơn', 'Văn phòng UBND tỉnh', false, '2017-01-01', null),
('LS-HDND', 'state', 'HĐND tỉnh Lạng Sơn', 'Văn phòng HĐND', false, '2017-01-01', null),
('LS-MTTQ', 'front', 'Ủy ban MTTQ Việt Nam tỉnh Lạng Sơn', 'Văn phòng', false, '2017-01-01', null),
('LS-CA', 'state', 'Công an tỉnh Lạng Sơn', 'Văn thư', false, '2017-01-01', null),
('LS-QS', 'state', 'Bộ Chỉ huy Quân sự tỉnh Lạng Sơn', 'Văn thư', false, '2017-01-01', null),
('LS-BP', 'state', 'Bộ đội Biên phòng tỉnh Lạng Sơn', 'Văn thư', false, '2017-01-01', null),
('LS-TC', 'state', 'Sở Tài chính tỉnh Lạng Sơn', 'Văn phòng Sở', false, '2017-01-01', null),
('LS-SO', 'state', 'Sở Thông tin và Truyền thông tỉnh Lạng Sơn', 'Văn phòng Sở', false, '2017-01-01', '2025-07-01'),
('LS-SO', 'state', 'Sở Khoa học và Công nghệ tỉnh Lạng Sơn', 'Văn phòng Sở', false, '2025-07-01', null),
('LS-DOAN', 'socio_political', 'Tỉnh Đoàn Lạng Sơn', 'Văn phòng', false, '2017-01-01', null),
('LS-PN', 'socio_political', 'Hội Liên hiệp Phụ nữ tỉnh Lạng Sơn', 'Văn phòng', false, '2017-01-01', null),
('LS-UBND-DD', 'state', 'UBND thị trấn Đồng Đăng', 'Văn thư', false, '2017-01-01', '2025-07-01'),
('LS-UBND-DD', 'state', 'UBND xã Đồng Đăng', 'Văn thư', false, '2025-07-01', null),
('LS-HQ-HN', 'state', 'Hải quan cửa khẩu Hữu Nghị', 'Văn thư', false, '2017-01-01', null),
('LS-BP-HN', 'state', 'Đồn Biên phòng cửa khẩu Hữu Nghị', 'Văn thư', false, '2017-01-01', null),
('LS-UBND-HCL', 'state', 'UBND huyện Cao Lộc', 'Văn phòng', false, '2017-01-01', '2025-07-01'),
('LS-UBND-CL', 'state', 'UBND xã Cao Lộc', 'Văn thư', false, '2025-07-01', null),
('LS-UBND-HLB', 'state', 'UBND huyện Lộc Bình', 'Văn phòng', false, '2017-01-01', '2025-07-01'),
('LS-UBND-LB', 'state', 'UBND xã Lộc Bình', 'Văn thư', false, '2025-07-01', null),
('LS-LAMSAN', 'state_enterprise', 'Công ty Lâm sản Xứ Mẫu', 'Phòng Hành chính', false, '2017-01-01', null),
('TW-VPTU', 'party', 'Văn phòng Trung ương Đảng', 'Văn thư', true, '2017-01-01', null),
('TW-VPCTN', 'state', 'Văn phòng Chủ tịch nước', 'Văn thư', true, '2017-01-01', null),
('TW-VPQH', 'state', 'Văn phòng Quốc hội', 'Văn thư', true, '2017-01-01', null),
('TW-VPCP', 'state', 'Văn phòng Chính phủ', 'Văn thư', true, '2017-01-01', null),
('TW-BO', 'state', 'Bộ Thông tin và Truyền thông', 'Văn phòng Bộ', false, '2017-01-01', '2025-07-01'),
('TW-BO', 'state', 'Bộ Khoa học và Công nghệ', 'Văn phòng Bộ', false, '2025-07-01', null)
) as t (body_code, body_kind, name_vi, focal_unit, guard_on_request, valid_from, valid_to);

insert into served_address (body_code, address_no, address, postal_code, delivery_office_code, valid_from)
select body_code, address_no, address, postal_code, delivery_office_code, '2017-01-01' from (values
('LS-TU', 1, 'Số 2 đường Mẫu, Lạng Sơn', '25010', '240100'),
('LS-TU', 2, 'Nhà khách, số 4 đường Mẫu, Lạng Sơn', '25010', '240100'),
('LS-UBND', 1, 'Số 6 đường Mẫu, Lạng Sơn', '25020', '240100'),
('LS-UBND', 2, 'Trung tâm hành chính công, số 8 đường Mẫu', '25020', '240100'),
('LS-HDND', 1, 'Số 6 đường Mẫu, Lạng Sơn', '25020', '240100'),
('LS-MTTQ', 1, 'Số 10 đường Mẫu, Lạng Sơn', '25000', '240100'),
('LS-CA', 1, 'Số 12 đường Mẫu, Lạng Sơn', '25000', '240100'),
('LS-QS', 1, 'Số 14 đường Mẫu, Lạng Sơn', '25000', '240100'),
('LS-BP', 1, 'Số 16 đường Mẫu, Lạng Sơn', '25000', '240100'),
('LS-TC', 1, 'Số 18 đường Mẫu, Lạng Sơn', '25000', '240100'),
('LS-SO', 1, 'Số 20 đường Mẫu, Lạng Sơn', '25000', '240100'),
('LS-DOAN', 1, 'Số 22 đường Mẫu, Lạng Sơn', '25000', '240100'),
('LS-PN', 1, 'Số 24 đường Mẫu, Lạng Sơn', '25000', '240100'),
('LS-UBND-DD', 1, 'Khu Chính quyền, Đồng Đăng', '25100', '243100'),
('LS-HQ-HN', 1, 'Nhà liên ngành, cửa khẩu Hữu Nghị', '25100', '243100'),
('LS-BP-HN', 1, 'Cửa khẩu Hữu Nghị', '25100', '243100'),
('LS-UBND-HCL', 1, 'Khối Hai, Cao Lộc', '25300', '243300'),
('LS-UBND-CL', 1, 'Khối Hai, Cao Lộc', '25300', '243300'),
('LS-UBND-HLB', 1, 'Khu Chợ, Lộc Bình', '25500', '243500'),
('LS-UBND-LB', 1, 'Khu Chợ, Lộc Bình', '25500', '243500'),
('LS-LAMSAN', 1, 'Lô Ba, khu sản xuất Mẫu, Cao Lộc', '25300', '243300'),
('TW-VPTU', 1, 'Số 1 phố Mẫu, Hà Nội', '10010', '100900'),
('TW-VPCTN', 1, 'Số 3 phố Mẫu, Hà Nội', '10020', '100900'),
('TW-VPQH', 1, 'Số 7 phố Mẫu, Hà Nội', '10030', '100900'),
('TW-VPCP', 1, 'Số 9 phố Mẫu, Hà Nội', '10040', '100900'),
('TW-BO', 1, 'Số 11 phố Mẫu, Hà Nội', '10000', '100900')
) as t (body_code, address_no, address, postal_code, delivery_office_code);

-- TC-0002 has ended and UB-0003 may only receive: both are refused at the counter.
insert into authorised_person (card_no, body_code, full_name, may_send, may_receive, valid_from, valid_to)
select card_no, body_code, full_name, may_send, may_receive, '2017-01-01', valid_to::date from (values
('TU-0001', 'LS-TU', 'Lương Thị Trám', true, true, null), ('TU-0002', 'LS-TU', 'Nông Văn Thác', true, true, null),
('UB-0001', 'LS-UBND', 'Hoàng Thị Mơ', true, true, null), ('UB-0002', 'LS-UBND', 'Vi Văn Gỗ', true, true, null),
('UB-0003', 'LS-UBND', 'Lộc Thị Ngô', false, true, null), ('HD-0001', 'LS-HDND', 'Triệu Thị Lê', true, true, null),
('MT-0001', 'LS-MTTQ', 'Lý Văn Đèo', true, true, null), ('CA-0001', 'LS-CA', 'Hứa Văn Đá', true, true, null),
('CA-0002', 'LS-CA', 'Phùng Thị Sim', true, true, null), ('QS-0001', 'LS-QS', 'Đàm Văn Thung', true, true, null),
('BP-0001', 'LS-BP', 'Chu Văn Cọc', true, true, null), ('TC-0001', 'LS-TC', 'Nguyễn Thị Bưởi', true, true, null),
('TC-0002', 'LS-TC', 'Trần Văn Khe', true, true, '2020-12-31'), ('SO-0001', 'LS-SO', 'Bế Thị Nhãn', true, true, null),
('DT-0001', 'LS-DOAN', 'Dương Văn Nắng', true, true, null), ('PN-0001', 'LS-PN', 'Lăng Thị Chè', true, true, null),
('DD-0001', 'LS-UBND-DD', 'Hoàng Văn Mẫu', true, true, null), ('DD-0002', 'LS-UBND-DD', 'Nông Thị Quế', true, true, null),
('HH-0001', 'LS-HQ-HN', 'Mã Văn Bến', true, true, null), ('BH-0001', 'LS-BP-HN', 'Vy Văn Mốc', true, true, null),
('HCL-0001', 'LS-UBND-HCL', 'Lành Thị Mận', true, true, '2025-07-01'), ('CL-0001', 'LS-UBND-CL', 'Lành Thị Mận', true, true, null),
('HLB-0001', 'LS-UBND-HLB', 'Hà Văn Suối', true, true, '2025-07-01'), ('LB-0001', 'LS-UBND-LB', 'Hà Văn Suối', true, true, null),
('LM-0001', 'LS-LAMSAN', 'Tô Thị Hồi', true, true, null), ('VT-0001', 'TW-VPTU', 'Đặng Thị Sen', true, true, null),
('VC-0001', 'TW-VPCTN', 'Bùi Văn Hồ', true, true, null), ('VQ-0001', 'TW-VPQH', 'Vũ Thị Cốm', true, true, null),
('VP-0001', 'TW-VPCP', 'Phạm Văn Phố', true, true, null), ('BO-0001', 'TW-BO', 'Đỗ Thị Bàng', true, true, null)
) as t (card_no, body_code, full_name, may_send, may_receive, valid_to);

-- One row a person, role and place.
create temporary table demo_person (badge text, full_name text, clearance text, role text, place text) on commit drop;
insert into demo_person values
('LS1001', 'Nông Thị Hoa', 'A', 'clerk', '243100'), ('LS1002', 'Hoàng Thị Mai', 'B', 'clerk', '243100'),
('LS1003', 'Vi Thị Lúa', 'B', 'clerk', '243100'), ('LS1004', 'Lý Văn Rẫy', 'B', 'clerk', '243100'),
('LS1005', 'Lương Văn Bảo', 'A', 'sorter', '243100'), ('LS1006', 'Hứa Thị Tre', 'A', 'sorter', '243100'),
('LS1007', 'Trần Văn Núi', 'A', 'controller', '243100'), ('LS1008', 'Triệu Thị Đào', 'B', 'controller', '243100'),
('LS1009', 'Đàm Thị Hồng', 'A', 'shift_head', '243100'), ('LS1010', 'Lộc Văn Đồi', 'A', 'shift_head', '243100'),
('LS1011', 'Mã Văn Đường', 'A', 'courier', '243100'), ('LS1012', 'Bế Thị Cau', 'C', 'courier', '243100'),
('LS1013', 'Chu Văn Xe', 'A', 'driver', '243100'), ('LS1014', 'Lăng Văn Dốc', 'B', 'driver', '243100'),
('LS1015', 'Phùng Văn Trực', 'A', 'duty_officer', '243100'), ('LS1016', 'Nguyễn Thị Thu', 'A', 'leader', '243100'),
('LS1017', 'Dương Văn Mạng', 'NONE', 'admin', '243100'),
('LS1021', 'Hà Thị Vải', 'A', 'sorter', '240100'), ('LS1022', 'Tô Văn Kho', 'A', 'sorter', '240100'),
('LS1023', 'Vy Thị Cúc', 'A', 'controller', '240100'), ('LS1024', 'Lành Văn Gió', 'A', 'shift_head', '240100'),
('LS1025', 'Nông Văn Bước', 'A', 'courier', '240100'), ('LS1026', 'Hoàng Thị Lan', 'A', 'courier', '240100'),
('LS1027', 'Lương Văn Tải', 'A', 'driver', '240100'), ('LS1028', 'Trần Thị Đêm', 'A', 'duty_officer', '240100'),
('LS1029', 'Vi Văn Cao', 'A', 'leader', '240100'), ('LS1030', 'Lý Thị Bông', 'A', 'clerk', '240100'),
('LS1031', 'Triệu Thị Thơm', 'A', 'clerk', '240200'), ('LS1032', 'Hứa Văn Chợ', 'B', 'clerk', '240200'),
('LS1033', 'Đàm Văn Cầu', 'A', 'controller', '240200'), ('LS1034', 'Lộc Thị Sương', 'A', 'shift_head', '240200'),
('LS1041', 'Mã Thị Biên', 'B', 'clerk', '243150'), ('LS1042', 'Bế Văn Mốc', 'A', 'controller', '243150'),
('LS1043', 'Chu Thị Ải', 'B', 'sorter', '243150'), ('LS1046', 'Vi Văn Bản', 'A', 'shift_head', '243150'), ('LS1044', 'Lăng Thị Tân', 'C', 'clerk', '243200'),
('LS1045', 'Phùng Văn Thanh', 'A', 'controller', '243200'), ('LS1051', 'Nguyễn Văn Lộc', 'B', 'clerk', '243500'),
('LS1052', 'Dương Thị Bình', 'A', 'controller', '243500'), ('LS1052', 'Dương Thị Bình', 'A', 'controller', '243510'),
('LS1053', 'Hà Văn Khe', 'B', 'shift_head', '243500'), ('LS1061', 'Tô Thị Na', 'C', 'clerk', '244300'),
('LS1062', 'Vy Văn Lũng', 'A', 'controller', '244300'), ('LS1071', 'Lành Thị Mây', 'NONE', 'clerk', '243510'),
('LS1071', 'Lành Thị Mây', 'NONE', 'courier', '243510'), ('LS1081', 'Nông Thị Xuân', 'A', 'leader', '240000'),
('LS1082', 'Hoàng Văn Canh', 'A', 'duty_officer', '240000'), ('HN1201', 'Trần Thị Phố', 'A', 'clerk', '100900'),
('HN1202', 'Vũ Văn Sông', 'A', 'sorter', '100900'), ('HN1203', 'Phạm Thị Hồ', 'A', 'sorter', '100900'),
('HN1204', 'Đỗ Văn Cửa', 'A', 'controller', '100900'), ('HN1205', 'Bùi Thị Nhài', 'A', 'shift_head', '100900'),
('HN1206', 'Đặng Văn Lộ', 'A', 'courier', '100900'),
('CA2001', 'Lương Văn An', 'A', 'liaison', 'CA-LS'), ('CA2002', 'Vi Thị Ninh', 'A', 'liaison', 'CA-LS'),
('HQ2003', 'Lý Văn Quan', 'B', 'liaison', 'HQ-LS'), ('HQ2004', 'Hứa Thị Hải', 'B', 'liaison', 'HQ-LS'),
('QL2005', 'Triệu Văn Thị', 'NONE', 'liaison', 'QLTT-LS'), ('BP2006', 'Đàm Văn Phòng', 'B', 'liaison', 'BP-LS'),
('SO2007', 'Lộc Thị Tin', 'NONE', 'liaison', 'SO-LS'), ('BC2008', 'Mã Văn Buôn', 'NONE', 'liaison', 'BCD389-LS'),
('TW2009', 'Bế Văn Trung', 'A', 'liaison', 'CBDTW'), ('TT3001', 'Chu Thị Thanh', 'A', 'inspector', 'SO-LS'),
('VT4001', 'Vi Thị Sóng', 'NONE', 'respondent', 'VT-MAU1');
insert into person (person_id, badge, full_name, clearance, clearance_to, kt1_training_to, background_checked_on, valid_from)
select distinct ('01594f3c-1c00-7000-8000-00000000' || right(badge, 4))::uuid, badge, full_name, clearance,
  case when clearance <> 'NONE' then date '2036-01-01' end, case when clearance <> 'NONE' then date '2036-01-01' end,
  case when clearance <> 'NONE' then date '2019-10-15' end, date '2017-01-01'
from demo_person;
-- Two who are refused KT1 work: one whose clearance has expired, one whose training has.
update person set clearance_to = '2020-07-01' where badge = 'LS1003';
update person set kt1_training_to = '2020-10-01' where badge = 'LS1004';
insert into person_role (person_id, role, office_code, agency_code, valid_from)
select p.person_id, d.role, case when d.place ~ '^[0-9]{6}$' then d.place end, case when d.place !~ '^[0-9]{6}$' then d.place end, '2017-01-01'
from demo_person d join person p using (badge);

-- Each accepting office: a block of a million numbers of each service to assign, fifty thousand pre-printed, and its slips.
-- First letters B, N, P, D only: domestic ranges of UPU S10. Commune points without KT1 get no KT1 numbers.
with accepting as (
  select distinct office_code, kt1_point, (array_position(array['243100', '240100', '240200', '243150', '243200', '243300', '243500', '243550',
    '244100', '244300', '244600', '243310', '243510', '244310', '244610', '100900'], office_code) - 1) as block
  from office
), numbers as (
  select a.*, s.* from accepting a cross join (values
    ('kt1', 'BK', 'BD'), ('letter', 'NA', 'ND'), ('parcel', 'PA', 'PD'), ('printed_matter', 'DA', 'DD')) as s (service_class, prefix, printed)
  where a.block is not null and (a.kt1_point or s.service_class <> 'kt1')
)
insert into number_range (range_kind, office_code, service_class, prefix, suffix, check_rule, serial_width, serial_from, serial_to, serial_next, valid_from)
select 'assigned', office_code, service_class, prefix, 'VN', 's10', 8, block * 1000000 + 1, (block + 1) * 1000000, block * 1000000 + 1, date '2017-01-01' from numbers
union all
select 'preprinted', office_code, service_class, printed, 'VN', 's10', 8, 50000000 + block * 50000, 50000000 + block * 50000 + 49999, 50000000 + block * 50000, '2017-01-01' from numbers
union all
select 'slip', office_code, null, 'PTC' || office_code || '-', '', 'none', 6, 1, 999999, 1, '2017-01-01' from accepting where block is not null;

-- Desks to call. No number is loaded: each installation enters its own.
-- Whom to tell, by the default map of the domain chapters (7.3), with the agencies of the demo; for other signs nobody is known, and it shows.
insert into notice_route (valid_from, goods_class, office_code, party_code, citation)
select '2017-01-01', goods_class, null, party_code, 'demo; domain chapter 7.3, default map' from (values
('weapons_explosives', 'CA-LS'), ('dangerous', 'CA-LS'), ('drugs', 'CA-LS'), ('illegal_publication', 'CA-LS'), ('smuggled', 'QLTT-LS'), ('cross_border', 'HQ-LS'),
('border_belt', 'BP-LS'), ('forged_kt1', 'CBDTW'), ('leak_or_loss', 'CBDTW'), ('other', null)
) as t (goods_class, party_code);
-- Rules of the made-up operator of the demo; elsewhere nothing is loaded and nothing alarms.
update time_limit set duration = 'PT15M', citation = 'demo: quy tắc mẫu của đơn vị' where limit_code = 'TL45';
update time_limit set duration = 'PT30M', citation = 'demo: quy tắc mẫu của đơn vị' where limit_code = 'TL46';
update time_limit set amount = 500, citation = 'demo: quy tắc mẫu của đơn vị' where limit_code = 'TL47';
update time_limit set amount = 5000, citation = 'demo: quy tắc mẫu của đơn vị' where limit_code = 'TL48';

insert into contact (valid_from, party_code, title_vi, phone, always, electronic_ok, citation)
select '2017-01-01', party_code, title_vi, null, always, electronic_ok, 'demo' from (values
('243100', 'Trực ban bưu cục Đồng Đăng', true, null), ('240100', 'Trực ban trung tâm khai thác', true, null), ('240000', 'Trực lãnh đạo Bưu điện tỉnh', true, null),
('CA-LS', 'Trực ban hình sự Công an tỉnh', true, false), ('HQ-LS', 'Trực ban Hải quan', true, null), ('BP-LS', 'Trực ban Biên phòng', true, false),
('QLTT-LS', 'Thường trực Quản lý thị trường', false, null), ('BCD389-LS', 'Thường trực Ban Chỉ đạo 389', false, null),
('SO-LS', 'Phòng Bưu chính Viễn thông của Sở', false, true), ('CBDTW', 'Trực điều hành mạng KT1', true, true)
) as t (party_code, title_vi, always, electronic_ok);
